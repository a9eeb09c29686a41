"""The writer works on its own, batch by batch."""

import queue
import threading


class Writer:
    def __init__(self):
        self.queue = queue.Queue()
        self.count = 0
        self.pages = {}
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self):
        while True:
            batch = self.queue.get()
            for click in list(batch):
                if click["sequence"] > self.count:
                    self.count = click["sequence"]
                    self.pages[click["page"]] = self.pages.get(click["page"], 0) + 1
            self.queue.task_done()

    def settle(self):
        """Wait until all that was handed over is written."""
        self.queue.join()


WRITER = Writer()
