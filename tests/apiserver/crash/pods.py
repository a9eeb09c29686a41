"""What lives in one namespace beside the operator: the pods of a run and of its repair, the forge, Prometheus."""

import re
import threading
import time
from typing import Any

from apiserver.crash.seen import Recorder
from apiserver.scripted import loads
from apiserver.scripted.node import Node, Stage, ending, serves
from apiserver.scripted.prometheus import Prometheus
from apiserver.scripted.repairs import VANISH, Forge, Repairs
from setpoint.api.errors import ForgeBusy

_PODS = re.compile(r'pod=~"([^"]*)"')


class CountedForge(Forge):
    """A forge whose calls are counted; people merge what was reported as proven."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self.recorder = recorder
        self.pulls: list[str] = []  # branches of pull requests, as they were opened

    def answer(self, name: str, order: dict[str, Any]) -> Any:
        """Carry an order out, unless something is due to go wrong."""
        fault = self.recorder.meet("outside", f"forge {name}")
        what, after = (fault.what, fault.after) if fault else ("", False)
        if what == "kill" and not after:
            self.recorder.kill()
        if what == "busy":
            return ForgeBusy("the forge is busy", retry_after=1.0)
        if what == "lost" and not after:
            return VANISH
        said = self._carry_out(name, order)
        if what == "kill" and after:
            self.recorder.kill()
        return VANISH if what == "lost" else said

    def _carry_out(self, name: str, order: dict[str, Any]) -> Any:
        opened = self.opened
        said = super().answer(name, order)
        if self.opened and not opened:
            self.pulls.append(order["branch"])
        if name == "report":
            self.state = "Merged"
        return said


class QuickPrometheus(Prometheus):
    """Knows every pod that it is asked for."""

    def answer(self, form: dict[str, str]) -> dict[str, Any]:
        """As Prometheus would, if all of these pods were there."""
        found = _PODS.search(form.get("query", ""))
        self.pods = tuple(name for name in found[1].split("|") if name) if found else ()
        return super().answer(form)


class Players:
    """The node's pods, by their namespaces."""

    def __init__(self, node: Node) -> None:
        self._repairs: dict[str, Repairs] = {}
        self._lock = threading.Lock()
        node.load, node.others = breaching, self._play

    def add(self, namespace: str, repairs: Repairs) -> None:
        """From now on its pods are played by these."""
        repairs.seconds = 0.1
        with self._lock:
            self._repairs[namespace] = repairs

    def remove(self, namespace: str) -> None:
        """It goes."""
        with self._lock:
            self._repairs.pop(namespace, None)

    def _play(self, stage: Stage) -> None:
        with self._lock:
            repairs = self._repairs.get(stage.namespace)
        if repairs:
            repairs.play(stage)
        else:
            serves(stage)


def breaching(stage: Stage) -> None:
    """A load that was over a moment ago, and long enough for its last scrapes: a fifth of its requests failed."""
    stage.run(age=70)
    stage.wait(0.1)
    stage.log(loads.render_frame(loads.frame(60, 600, lambda: time.time() - 6), 1))
    stage.end(0, ending("Completed"), ago=6)
