"""The model's service, as the gateway asks it: one request, built anew, with nothing of the caller's but the body."""

import asyncio
import os
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import certifi

from setpoint.gateway import answers

CONNECT_SECONDS, SILENCE_SECONDS, CALL_SECONDS = 10.0, 300.0, 1800.0
VERSION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_KEY = re.compile(r"[!-~]{1,1000}")


class Key:
    """The key, in a file that may be replaced at any time. It is never shown, logged or kept."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> str:
        """As it is now. Raises RefusalError."""
        try:
            key = self._file.read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            key = ""
        if not _KEY.fullmatch(key):
            raise answers.not_ready("the gateway has no key for the model's service; put one into its Secret")
        return key


class Service:
    """The service at `base` (https://api.anthropic.com). `open` and `close` belong to one event loop."""

    def __init__(self, base: str, key: Key) -> None:
        self._url, self.key = f"{base.rstrip('/')}/v1/messages", key
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Before the first call."""
        trusted = ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE") or certifi.where())
        timeout = aiohttp.ClientTimeout(total=CALL_SECONDS, connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=trusted), timeout=timeout, trust_env=True, auto_decompress=False
        )

    async def close(self) -> None:
        """After the last one."""
        if self._session:
            await self._session.close()

    @asynccontextmanager
    async def ask(self, body: bytes, key: str, version: str) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer as it comes. Raises aiohttp.ClientError and TimeoutError."""
        assert self._session is not None
        headers = {
            "authorization": f"Bearer {key}",
            "anthropic-version": version,
            "content-type": "application/json",
            "accept-encoding": "identity",
            "user-agent": "setpoint-gateway",
        }
        async with self._session.post(self._url, data=body, headers=headers, allow_redirects=False) as answer:
            yield answer


def never_sent(error: BaseException) -> bool:
    """Whether a failed call surely did not reach the service."""
    return isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)


FAILURES = (aiohttp.ClientError, asyncio.TimeoutError, OSError)
