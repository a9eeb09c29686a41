"""The dictionary; here it lives in the same process."""

import asyncio


class Dictionary:
    def __init__(self):
        self.port = 0
        self.open = 0
        self._server = None

    async def start(self):
        self._server = await asyncio.start_server(self._speak, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self):
        self._server.close()

    async def _speak(self, reader, writer):
        self.open += 1
        history = []  # a session may ask for what it looked up before
        try:
            while line := await reader.readline():
                history.append((line.decode().strip(), [*range(900, 1400)]))
                writer.write(b"a word of %d letters\n" % (len(line) - 1))
                await writer.drain()
        finally:
            self.open -= 1
            writer.close()
