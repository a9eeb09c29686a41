"""The probe's thread: waits for the steps, tells them to the parts, and writes their findings.

The two sides talk through files in one folder: a step is an empty file of its name, an answer is
`<step>-<pid>.json`. Nothing listens, so nothing can be reached from outside, and it works for every process of a
service that forks.
"""

from __future__ import annotations

import _thread
import json
import os
import os.path as paths
import sys
from collections.abc import Callable
from functools import partial
from time import process_time, sleep, thread_time  # bound now: a service may replace it
from typing import Any

from . import audit
from .growth import Growth
from .holders import Holders
from .labels import Labels
from .opened import Opened
from .part import STEPS, Part
from .places import Places
from .sampler import Sampler
from .statements import Statements

PAUSE = 0.05


class Agent:
    """All parts of the probe in this process."""

    def __init__(self, control: str, tree: str) -> None:
        self._control = control
        self._tree = paths.realpath(tree)
        self._notes: list[str] = []
        places = Places(tree)
        kinds: tuple[type[Part], ...] = (Growth, Holders, Labels, Statements, Opened, Sampler)
        self._parts = [part for kind in kinds if (part := self._guarded(partial(kind, places), kind))]

    def run(self) -> None:
        """Go through the steps, then leave."""
        try:
            self._go()
        except OSError:  # the folder is gone, and nobody waits for answers any more
            return

    def _go(self) -> None:
        said = {"python": sys.version.split()[0], "implementation": sys.implementation.name, "tree": self._tree}
        self._write("hello", said)
        for step in STEPS:
            options = self._wait_for(paths.join(self._control, step))
            found: dict[str, Any] = {}
            for part in self._parts:
                call = partial(part.trace, options["frames"]) if step == "trace" else getattr(part, step)
                found.update(self._guarded(call, type(part)) or {})
            self._write(
                step, {**found, "cpu_seconds": process_time() - thread_time(), "notes": self._notes + audit.failures()}
            )

    def _wait_for(self, file: str) -> dict[str, Any]:
        while not paths.exists(file):
            for part in self._parts:
                self._guarded(part.poll, type(part))
            if not any(part.busy for part in self._parts):
                sleep(PAUSE)
            os.stat(self._control)
        with open(file, encoding="utf-8") as content:
            return dict(json.load(content))

    def _guarded(self, call: Callable[[], Any], part: type[Part]) -> Any:
        try:
            return call()
        except Exception as error:  # a part that fails must stop neither the others nor the service
            note = f"{part.__name__.lower()}: {type(error).__name__}: {error}"[:300]
            if note not in self._notes and len(self._notes) < 20:
                self._notes.append(note)

    def _write(self, step: str, answer: dict[str, Any]) -> None:
        name = paths.join(self._control, f"{step}-{os.getpid()}.json")
        with open(name + ".part", "w", encoding="utf-8") as file:
            json.dump(answer, file)
        os.chmod(name + ".part", 0o644)  # whoever reads it may be another user
        os.replace(name + ".part", name)


def start(control: str, tree: str) -> None:
    """Start the probe in this process and in every one that it forks."""
    # A bare thread: the service does not see it in threading.enumerate(), and does not wait for it at its end.
    _thread.start_new_thread(Agent(control, tree).run, ())
    os.register_at_fork(after_in_child=lambda: _thread.start_new_thread(Agent(control, tree).run, ()))
