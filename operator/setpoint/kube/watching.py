"""kopf watches, and does nothing but tell the cache and put keys on the queue: no timers, no daemons, no finalizers.

So a constraint that stands still costs nothing, and one can be deleted while the operator is away.
"""

from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import kopf

from setpoint.api.resource import GROUP, PLURAL, VERSION
from setpoint.control.queue import WorkQueue
from setpoint.kube.cache import Cache
from setpoint.kube.facts import Key
from setpoint.kube.names import CONSTRAINT, OURS

SERVER_SECONDS = 600
DELETED, GONE = "DELETED", 410


class Watching:
    """What each kind of event does. The methods are called by kopf, in its event loop, and never block."""

    def __init__(self, cache: Cache, queue: WorkQueue[Key], stop_orphan: Callable[[Mapping[str, Any]], None]) -> None:
        self._cache, self._queue, self._stop_orphan = cache, queue, stop_orphan

    def constraint(self, kind: str | None, body: Mapping[str, Any]) -> None:
        """A PerformanceConstraint was seen, changed or deleted."""
        if not self._cache.see_constraint(body, deleted=kind == DELETED):
            return
        if kind == DELETED:
            self._stop_orphan(body)
        metadata = body["metadata"]
        self._queue.put((metadata["namespace"], metadata["name"]))

    def deployment(self, kind: str | None, body: Mapping[str, Any]) -> None:
        """A Deployment was seen, changed or deleted."""
        for key in self._cache.see_deployment(body, deleted=kind == DELETED):
            self._queue.put(key)

    def own(self, kind: str | None, body: Mapping[str, Any]) -> None:
        """A Job or pod of ours changed: its constraint wants to look; one that is gone may let another begin."""
        uid = (body["metadata"].get("labels") or {}).get(CONSTRAINT)
        key = self._cache.key_of(uid) if uid else None
        if key:
            self._queue.put(key)
        if kind == DELETED:
            for waiting in self._cache.waiting():
                self._queue.put(waiting)


def registry_of(watching: Watching, credentials: Callable[[], Mapping[str, Any]]) -> kopf.OperatorRegistry:
    """kopf's handlers. `credentials` are those of our own client: both are the same user, of the same server."""
    registry = kopf.OperatorRegistry()

    @kopf.on.login(registry=registry)
    async def login(**_: Any) -> kopf.AiohttpSession:
        return session_of(kopf.ConnectionInfo(**credentials()))

    @kopf.on.event(GROUP, VERSION, PLURAL, registry=registry)
    async def constraint(type: str | None, body: kopf.Body, **_: Any) -> None:
        watching.constraint(type, body)

    @kopf.on.event("apps", "v1", "deployments", registry=registry)
    async def deployment(type: str | None, body: kopf.Body, **_: Any) -> None:
        watching.deployment(type, body)

    @kopf.on.event("batch", "v1", "jobs", registry=registry)
    async def job(type: str | None, body: kopf.Body, **_: Any) -> None:
        watching.own(type, body)

    @kopf.on.event("", "v1", "pods", registry=registry)
    async def pod(type: str | None, body: kopf.Body, **_: Any) -> None:
        watching.own(type, body)

    return registry


def session_of(info: kopf.ConnectionInfo) -> kopf.AiohttpSession:
    """kopf's connection as it would make it itself, but for `anew`."""
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=info.as_ssl_context()),
        headers=info.as_http_headers(),
        trust_env=info.trust_env,
        middlewares=(anew,),
    )
    return kopf.AiohttpSession(server=info.server, aiohttp_session=session)


async def anew(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Where the server cannot go on (410, of which kopf would die): from the beginning, with all that there is."""
    answer = await handler(request)
    if answer.status != GONE:
        return answer
    answer.release()
    request.url = request.url.without_query_params("resourceVersion", "continue")
    return await handler(request)


def settings_of() -> kopf.OperatorSettings:
    """How kopf is to behave: it posts nothing, scans nothing, and waits for no peer."""
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.scanning.disabled = True
    settings.watching.server_timeout = SERVER_SECONDS
    settings.watching.connect_timeout = 10
    settings.watching.reconnect_backoff = 1.0
    settings.watching.chunk_size = 500
    settings.watching.label_selectors["batch", "v1", "jobs"] = OURS
    settings.watching.label_selectors["", "v1", "pods"] = OURS
    return settings
