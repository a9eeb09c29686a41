"""The API server over plain JSON: the official client's connection and credentials, none of its models.

The models of the client cost memory and drop fields that they do not know; an object here is the dict that the server
gave. Every method raises a ClusterFailed, whatever the other side does.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import urllib3
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from kubernetes.config.config_exception import ConfigException
from yaml import YAMLError

from setpoint.kube.refusals import AlreadyThere, ClusterFailed, Unavailable, refusal, unreachable

Object = dict[str, Any]
TIMEOUT_SECONDS = 20.0
# A watch says something at least every minute, a bookmark if there is nothing else: one that does not is dead.
SILENT_SECONDS = 75.0
PAGE = 500
MERGE, JSON = "application/merge-patch+json", "application/json"
_CORE = "v1"


def path_of(api: str, plural: str, namespace: str | None = None, name: str | None = None, sub: str = "") -> str:
    """The path of a collection, an object or its subresource; `api` as in apiVersion (`v1`, `batch/v1`)."""
    root = f"/api/{api}" if api == _CORE else f"/apis/{api}"
    inside = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
    thing = f"/{quote(name, safe='')}" if name else ""
    return f"{root}{inside}/{plural}{thing}{f'/{sub}' if sub else ''}"


def connect(kubeconfig: str | None = None, context: str | None = None, user_agent: str = "setpoint") -> "Cluster":
    """The cluster of `kubeconfig` (default: KUBECONFIG, ~/.kube/config), or the one that this process runs in."""
    settings = client.Configuration()
    try:
        if kubeconfig is None and context is None and _inside():
            config.load_incluster_config(client_configuration=settings)
        else:
            config.load_kube_config(
                kubeconfig or os.environ.get("KUBECONFIG") or None,
                context,
                client_configuration=settings,
                persist_config=False,
            )
    # The client takes a file's shape for granted.
    except (ConfigException, OSError, ValueError, YAMLError, TypeError, AttributeError, KeyError) as error:
        said = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
        raise ClusterFailed(f"there is no usable kubeconfig: {said}; name one by --kubeconfig or KUBECONFIG") from error
    if not settings.host.startswith(("https://", "http://")):
        raise ClusterFailed(f"the kubeconfig's server {settings.host!r} is no address; write https://HOST:PORT")
    settings.retries = False
    api = client.ApiClient(settings)
    api.user_agent = user_agent
    return Cluster(api)


def _inside() -> bool:
    # A person's kubeconfig wins over the pod that a shell happens to run in.
    has_config = os.environ.get("KUBECONFIG") or (Path.home() / ".kube/config").exists()
    return "KUBERNETES_SERVICE_HOST" in os.environ and not has_config


class Cluster:
    """One API server. Objects go in and come out as JSON; safe to be used by several threads."""

    def __init__(self, api: client.ApiClient) -> None:
        self._api = api
        # Called with the method and the status (None: no answer) of every request.
        self.observe: Callable[[str, int | None], None] = lambda _method, _status: None

    def credentials(self) -> dict[str, Any]:
        """How this connection is made and by whom, as another client of the same server needs it; read anew."""
        settings = self._api.configuration
        token = settings.get_api_key_with_prefix("authorization", alias="BearerToken") or ""
        return {
            "server": settings.host,
            "ca_path": settings.ssl_ca_cert,
            "insecure": not settings.verify_ssl,
            "certificate_path": settings.cert_file,
            "private_key_path": settings.key_file,
            "token": token.removeprefix("Bearer ").removeprefix("bearer ") or None,
        }

    def get(self, path: str) -> Object:
        """The object at `path`. Raises NotFound."""
        return self._json("GET", path)

    def find(self, path: str) -> Object | None:
        """The object at `path`, None where there is none."""
        try:
            return self.get(path)
        except ClusterFailed as error:
            if error.absent:
                return None
            raise

    def listing(self, path: str, *, fields: str = "") -> tuple[list[Object], str]:
        """A small collection in one answer, and the version to watch it from."""
        answer = self._json("GET", path, query={"fieldSelector": fields})
        return answer.get("items") or [], (answer.get("metadata") or {}).get("resourceVersion") or ""

    def list(self, path: str, *, labels: str = "", fields: str = "") -> list[Object]:
        """Every object of a collection, read in pages."""
        return list(self.pages(path, labels=labels, fields=fields))

    def pages(self, path: str, *, labels: str = "", fields: str = "") -> Iterator[Object]:
        """Every object of a collection, one after the other: a page of them is in memory at a time."""
        asked = {"labelSelector": labels, "fieldSelector": fields, "limit": str(PAGE), "continue": ""}
        while True:
            answer = self._json("GET", path, query=asked)
            yield from answer.get("items") or ()
            asked["continue"] = (answer.get("metadata") or {}).get("continue") or ""
            if not asked["continue"]:
                return

    def create(self, path: str, body: Mapping[str, Any]) -> Object:
        """Create an object in the collection at `path`. Raises AlreadyThere."""
        return self._json("POST", path, body)

    def put(self, path: str, body: Mapping[str, Any]) -> Object:
        """Create an object in the collection at `path`, or replace the one of its name."""
        try:
            return self.create(path, body)
        except AlreadyThere:
            return self.replace(f"{path}/{quote(body['metadata']['name'], safe='')}", body)

    def replace(self, path: str, body: Mapping[str, Any]) -> Object:
        """Replace the object at `path`; with a resourceVersion in `body`, only that version of it (else Conflict)."""
        return self._json("PUT", path, body)

    def merge(self, path: str, body: Mapping[str, Any]) -> Object:
        """Merge `body` into the object at `path`."""
        return self._json("PATCH", path, body, kind=MERGE)

    def delete(self, path: str, *, uid: str = "", propagation: str = "Background", grace: int | None = None) -> bool:
        """Delete the object at `path` (only the one of `uid`, if given) and what belongs to it; False: not there."""
        options: Object = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": propagation}
        if uid:
            options["preconditions"] = {"uid": uid}
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        try:
            self._json("DELETE", path, options)
        except ClusterFailed as error:
            if error.absent or (uid and error.conflict and not self._is(path, uid)):
                return False
            raise
        return True

    def _is(self, path: str, uid: str) -> bool:
        """Whether what is at `path` is that object: a conflict may have had another reason than its uid."""
        found = self.find(path)
        return found is not None and found["metadata"]["uid"] == uid

    def text(self, path: str, query: Mapping[str, str]) -> str:
        """A subresource that is plain text: a pod's log."""
        with self._send("GET", path, None, JSON, query, TIMEOUT_SECONDS) as answer:
            return _body(answer).decode("utf-8", errors="replace")

    def watch(
        self, path: str, *, fields: str = "", labels: str = "", version: str = "", seconds: float = 300
    ) -> Iterator[Object]:
        """Events of a collection, as {"type", "object"}, until it ends; a mute one is Unavailable."""
        query = {
            "watch": "true",
            "fieldSelector": fields,
            "labelSelector": labels,
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(round(seconds)),
        }
        with self._send("GET", path, None, JSON, query, min(seconds + TIMEOUT_SECONDS, SILENT_SECONDS)) as answer:
            for line in _lines(answer):
                yield json.loads(line)

    def _json(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        kind: str = JSON,
        query: Mapping[str, str] | None = None,
    ) -> Object:
        with self._send(method, path, body, kind, query or {}, TIMEOUT_SECONDS) as answer:
            try:
                value: Object = json.loads(_body(answer))
            except ValueError as error:
                raise Unavailable(f"the API server answered {method} {path} with broken JSON") from error
        return value

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        kind: str,
        query: Mapping[str, str],
        timeout: float,
    ) -> Any:
        """The raw answer (urllib3), a context manager; raises for every status from 300 on."""
        headers = {"Accept": JSON, "Content-Type": kind, "User-Agent": self._api.user_agent}
        asked = urlencode({name: value for name, value in query.items() if value})
        url = f"{self._api.configuration.host}{path}{f'?{asked}' if asked else ''}"
        try:
            self._api.update_params_for_auth(headers, [], ["BearerToken"], path, method, body)
            response = self._api.rest_client.request(method, url, headers, body, None, (5.0, timeout)).response
        except (ApiException, urllib3.exceptions.HTTPError, OSError) as error:
            self.observe(method, None)
            why = unreachable(str(error.reason) if isinstance(error, ApiException) else str(error))
            raise Unavailable(f"the API server {self._api.configuration.host} cannot be reached: {why}") from error
        self.observe(method, response.status)
        if response.status >= 300:
            with response:
                raise refusal(response.status, response.headers, _body(response), f"{method} {path}")
        return response


def _body(answer: Any) -> bytes:
    try:
        body: bytes = answer.read()
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise Unavailable(f"the API server's answer broke off: {type(error).__name__}") from error
    return body


def _lines(answer: Any) -> Iterator[bytes]:
    """The lines of a stream as they arrive."""
    rest = b""
    try:
        for block in answer.stream(2**16):
            *lines, rest = (rest + block).split(b"\n")
            yield from (line for line in lines if line)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise Unavailable(f"the watch broke off: {type(error).__name__}") from error
