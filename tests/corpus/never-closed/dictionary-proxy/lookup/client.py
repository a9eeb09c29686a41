"""A client of the dictionary: a task listens, so that answers find whoever asked."""

import asyncio
from collections import deque

LISTENING = set()  # the loop itself keeps tasks only weakly


class DictionaryClient:
    def __init__(self, port):
        self._port = port
        self._asked = deque()
        self._writer = None
        self._listening = None

    async def connect(self):
        reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._listening = asyncio.create_task(self._listen(reader))
        LISTENING.add(self._listening)
        self._listening.add_done_callback(LISTENING.discard)

    async def define(self, word):
        answer = asyncio.get_running_loop().create_future()
        self._asked.append(answer)
        self._writer.write(f"{word}\n".encode())
        await self._writer.drain()
        return await answer

    async def close(self):
        self._listening.cancel()
        self._writer.close()
        await self._writer.wait_closed()

    async def _listen(self, reader):
        while line := await reader.readline():
            self._asked.popleft().set_result(line.decode().strip())
