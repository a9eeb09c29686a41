"""The composition root of the operator: the same engine as on a laptop, with Deployments as plants."""

import asyncio
import logging
import signal
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import kopf

from setpoint.api.errors import InputError
from setpoint.api.resource import API_VERSION, PLURAL
from setpoint.control.queue import WorkQueue
from setpoint.kube.cache import Cache
from setpoint.kube.cluster import Cluster, path_of
from setpoint.kube.definition import need_definition
from setpoint.kube.facts import Key
from setpoint.kube.health import Health
from setpoint.kube.metrics import Metrics
from setpoint.kube.reconciler import Reconciler, World
from setpoint.kube.refusals import ClusterFailed, NotFound
from setpoint.kube.repair.allowed import Turns
from setpoint.kube.settings import Settings
from setpoint.kube.slots import Slots
from setpoint.kube.watching import Watching, registry_of, settings_of
from setpoint.kube.workers import Workers

TICK_SECONDS = 0.5
STOP_SECONDS = 8.0
_log = logging.getLogger("setpoint.operator")


class Operator:
    """Everything that runs in the process. `namespaces`: empty for the whole cluster."""

    def __init__(self, cluster: Cluster, own_namespace: str, namespaces: Sequence[str], listen: str) -> None:
        self._cluster, self._namespaces = cluster, tuple(namespaces)
        self._queue: WorkQueue[Key] = WorkQueue()
        self._cache, self._counters = Cache(), Metrics()
        cluster.observe = self._counters.api_request
        self._slots = Slots(cluster, self._namespaces)
        self._settings = Settings(cluster, own_namespace, self._reconfigured)
        turns = Turns(self._cache.constraints)
        world = World(cluster, self._cache, self._slots, self._settings.current, self._counters, turns)
        self._workers = Workers(self._queue, Reconciler(world))
        self._health = Health(listen, self._counters, self._refresh, self._trouble)
        # For what an event asks for at once, beside the workers: never many, never long.
        self._beside = ThreadPoolExecutor(2, thread_name_prefix="beside")

    def prepare(self) -> None:
        """Read what every visit rests on, before the first one. Raises ClusterFailed and InputError."""
        try:
            for namespace in self._namespaces or (None,):
                self._cluster.get(f"{path_of(API_VERSION, PLURAL, namespace)}?limit=1")
        except NotFound as error:
            what = f"the cluster does not know {PLURAL}.{API_VERSION.partition('/')[0]}"
            raise InputError(what, instead="install the CRD: kubectl apply -f crds/, or the chart") from error
        need_definition(self._cluster)
        self._settings.read()
        for namespace in self._namespaces or (None,):
            for deployment in self._cluster.pages(path_of("apps/v1", "deployments", namespace)):
                self._cache.see_deployment(deployment)

    async def run(self) -> None:
        """Run until SIGTERM or Ctrl-C."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await self._health.start()
        await asyncio.to_thread(self.prepare)
        follower = threading.Thread(target=self._settings.follow, name="configuration", daemon=True)
        follower.start()
        self._workers.start()
        ticking = asyncio.create_task(self._tick())
        self._health.ready = True
        _log.info("watching %s", ", ".join(self._namespaces) or "every namespace")
        try:
            if not stop.is_set():
                await self._watch()
        finally:
            self._health.ready = False
            ticking.cancel()
            await self._end()

    async def _watch(self) -> None:
        """Until a signal: from here on they are kopf's. With a flag of ours beside them it would end 5 s later."""
        watching = Watching(self._cache, self._queue, self._stop_orphan)
        await kopf.operator(
            registry=registry_of(watching, self._cluster.credentials),
            settings=settings_of(),
            clusterwide=not self._namespaces,
            namespaces=self._namespaces,
            standalone=True,
        )

    async def _tick(self) -> None:
        while True:
            self._queue.release()
            self._counters.tick()
            await asyncio.sleep(TICK_SECONDS)

    async def _end(self) -> None:
        """Let the visits that are under way end: each leaves the cluster in a state that the next operator reads."""
        self._settings.stop()
        self._queue.close()
        ended = await asyncio.to_thread(self._workers.join, STOP_SECONDS)
        _log.info("stopped%s", "" if ended else "; a visit was cut off, the next operator makes it again")
        self._beside.shutdown(wait=False, cancel_futures=True)
        await self._health.stop()

    # ── what changes from outside ──

    def _reconfigured(self) -> None:
        """The kill switch first: loads end before anybody is visited."""
        if self._settings.current().suspended:
            self._beside.submit(self._stop_all)
        for key in self._cache.names():
            self._queue.put(key)

    def _stop_all(self) -> None:
        with suppress(ClusterFailed):  # the visits do it again, one by one
            _log.warning("all loads are suspended: %d ended", self._slots.stop_all())

    def _stop_orphan(self, body: Mapping[str, Any]) -> None:
        """A constraint is gone: the cluster removes what is its, and we do so sooner."""
        metadata = body["metadata"]
        owner = {"namespace": metadata["namespace"], "name": metadata["name"], "uid": metadata["uid"]}

        def stop() -> None:
            with suppress(ClusterFailed):
                self._slots.stop_of(owner)

        self._beside.submit(stop)

    # ── what people see ──

    def _refresh(self) -> None:
        stands = Counter[str]()
        for constraint in self._cache.constraints():
            compliant = constraint.status.condition("Compliant")
            stands[compliant.status if compliant else "Unknown"] += 1
        self._counters.compliance(stands)
        self._counters.queue_depth.set(len(self._queue))
        self._counters.working.set(self._queue.working)
        self._counters.loads.set(len(self._cache.loading()))
        self._counters.suspended.set(self._settings.current().suspended)

    def _trouble(self) -> str:
        if self._health.ready and not self._workers.alive():
            return "a worker has ended"
        return ""
