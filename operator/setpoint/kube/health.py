"""What the kubelet and Prometheus ask the operator: /healthz, /readyz, /metrics."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from setpoint.kube.metrics import CONTENT_TYPE, Metrics

# An idle operator ticks as well: only a scheduler that hangs lets the tick grow old.
OLDEST_TICK_SECONDS = 30.0
Handler = Callable[[web.Request], Awaitable[web.Response]]


class Health:
    """Serves on `listen` (host:port). `refresh` brings the gauges up to date, `trouble` says what is wrong."""

    def __init__(self, listen: str, metrics: Metrics, refresh: Callable[[], None], trouble: Callable[[], str]) -> None:
        host, _, port = listen.rpartition(":")
        self._host, self._port = host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104
        self._metrics, self._refresh, self._trouble = metrics, refresh, trouble
        self.ready = False
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Begin to serve."""
        application = web.Application()
        routes = {"/healthz": self._healthz, "/readyz": self._readyz, "/metrics": self._page}
        application.add_routes([web.get(path, handler) for path, handler in routes.items()])
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()

    async def stop(self) -> None:
        """End serving."""
        if self._runner:
            await self._runner.cleanup()

    async def _healthz(self, _: web.Request) -> web.Response:
        trouble = self._trouble()
        if not trouble and (age := self._metrics.tick_age()) > OLDEST_TICK_SECONDS:
            trouble = f"the scheduler's last tick is {age:.0f} s old"
        return web.Response(text=trouble or "ok", status=503 if trouble else 200)

    async def _readyz(self, _: web.Request) -> web.Response:
        return web.Response(text="ok" if self.ready else "starting", status=200 if self.ready else 503)

    async def _page(self, _: web.Request) -> web.Response:
        self._refresh()
        return web.Response(body=self._metrics.page(), headers={"Content-Type": CONTENT_TYPE})
