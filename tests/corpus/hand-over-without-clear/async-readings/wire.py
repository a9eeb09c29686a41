"""Just enough HTTP/1.1 for a service of our own."""

import asyncio
import json


def speaking(answer):
    """A connection handler that has each request answered by `answer(method, path, body)`."""

    async def connection(reader, writer):
        try:
            while line := await reader.readline():
                method, path, _ = line.decode().split()
                length = 0
                while (header := await reader.readline()) not in (b"\r\n", b""):
                    name, _, value = header.decode().partition(":")
                    length = int(value) if name.lower() == "content-length" else length
                status, value = await answer(method, path, await reader.readexactly(length))
                body = json.dumps(value).encode()
                writer.write(b"HTTP/1.1 %d -\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    return connection
