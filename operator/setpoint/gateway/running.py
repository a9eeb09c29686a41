"""The gateway's process: calls on one address, and what the kubelet and Prometheus ask on another one."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from setpoint.api.errors import InputError
from setpoint.gateway.accounts import of_day
from setpoint.gateway.answers import RefusalError
from setpoint.gateway.book import Book, today
from setpoint.gateway.metrics import Metrics
from setpoint.gateway.ports import Grants, Reviewer
from setpoint.gateway.server import Gateway
from setpoint.gateway.service import Service

STOP_SECONDS = 30.0
_log = logging.getLogger("setpoint.gateway")
# It writes down what somebody sent that is no HTTP, with a traceback.
logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
Handler = Callable[[web.Request], Awaitable[web.Response]]


class Running:
    """Everything that runs in the process; addresses are HOST:PORT."""

    def __init__(
        self,
        reviewer: Reviewer,
        grants: Grants,
        book: Book,
        service: Service,
        audit: Callable[[Mapping[str, str]], None],
    ) -> None:
        self._book, self._service, self._metrics = book, service, Metrics()
        self._gateway = Gateway(reviewer, grants, book, service, self._metrics, audit)

    async def run(self, listen: str, health: str) -> None:
        """Until SIGTERM or Ctrl-C; then calls that are under way may end. Raises SetpointError."""
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        left = await self._book.open()
        if left:
            _log.warning("%d calls of a gateway before this one are charged with all that they could cost", left)
        async with AsyncExitStack() as stack:  # calls end first, and health is told until they have
            await self._service.open()
            stack.push_async_callback(self._service.close)
            asked = await _serve(self._about_us(), "--health", health, 1.0)
            stack.push_async_callback(asked.cleanup)
            calls = await _serve(self._gateway.application(), "--listen", listen, STOP_SECONDS)
            stack.push_async_callback(calls.cleanup)
            _log.info("letting calls through on %s, health on %s", *_addresses(calls), *_addresses(asked))
            await stop.wait()

    def _about_us(self) -> web.Application:
        application = web.Application()
        routes: dict[str, Handler] = {"/healthz": self._healthz, "/readyz": self._readyz, "/metrics": self._page}
        application.add_routes([web.get(path, handler) for path, handler in routes.items()])
        return application

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def _readyz(self, _: web.Request) -> web.Response:
        try:
            self._service.key.read()
        except RefusalError as why:
            return web.Response(text=str(why), status=503)
        return web.Response(text="ok")

    async def _page(self, _: web.Request) -> web.Response:
        self._metrics.today.set(float(of_day(self._book.ledger, today())))
        return web.Response(body=self._metrics.page(), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _serve(application: web.Application, option: str, address: str, patience: float) -> web.AppRunner:
    host, _, port = address.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise InputError(f"{address!r} is no address", where=option, instead="write for example 0.0.0.0:8081")
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=patience)
    await runner.setup()
    try:
        await web.TCPSite(runner, host.strip("[]") or "0.0.0.0", int(port)).start()  # noqa: S104
    except OSError as error:
        raise InputError(f"{address} cannot be listened on: {error.strerror}", where=option) from error
    return runner


def _addresses(runner: web.AppRunner) -> list[str]:
    return [f"{host}:{port}" for host, port, *_ in runner.addresses]
