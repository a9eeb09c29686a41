"""The configuration is followed: changes come through, and a watch that ends is not begun again in a hot loop."""

import threading
import time
from collections.abc import Iterator
from typing import Any

from setpoint.kube import settings
from setpoint.kube.settings import Settings

MAP: dict[str, Any] = {"metadata": {"resourceVersion": "7"}, "data": {"config.yaml": "suspended: true"}}


class Server:
    """An API server whose watches answer at once that the version is too old."""

    def __init__(self) -> None:
        self.lists = self.watches = 0

    def find(self, path: str) -> dict[str, Any]:
        return MAP

    def listing(self, path: str, *, fields: str) -> tuple[list[dict[str, Any]], str]:
        self.lists += 1
        return [MAP], "100"

    def watch(self, path: str, **_: object) -> Iterator[dict[str, Any]]:
        self.watches += 1
        yield {"type": "ERROR", "object": {"kind": "Status", "code": 410}}


def test_a_watch_that_fails_at_once_is_begun_again_after_a_pause_and_a_new_list() -> None:
    """In three seconds twice, not a hundred times."""
    server, changed = Server(), threading.Event()
    followed = Settings(server, "setpoint-system", changed.set)  # type: ignore[arg-type]
    thread = threading.Thread(target=followed.follow, daemon=True)
    thread.start()
    time.sleep(1.5 * settings.PAUSE_SECONDS)
    followed.stop()
    thread.join(10)
    assert changed.is_set()
    assert followed.current().suspended
    assert (server.lists, server.watches) == (2, 2)
