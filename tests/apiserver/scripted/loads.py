"""Loads as their pods would tell of them: a whole one, and each way in which one can fail."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from apiserver.scripted.node import Play, Stage, ending
from setpoint.api.metrics import ErrorsSignal, LatencySignal, LoadPart, Signal
from setpoint.api.ports import LoadFrame
from setpoint.load.report import render_frame

RATE = 50.0


def completes(seconds: float = 1.0, claimed: float = 60.0, failed: int = 0) -> Play:
    """A load that ran `seconds` and says that it was one of `claimed` seconds that just ended."""

    def play(stage: Stage) -> None:
        stage.run()
        stage.wait(seconds)
        stage.log("".join([*_noise(), render_frame(frame(claimed, failed), 1)]))
        stage.end(0, ending("Completed"))

    return play


def goes_on(failing: float) -> Play:
    """A load that says every second what it did so far; that share of its requests fails."""

    def play(stage: Stage) -> None:
        stage.run()
        began = time.time()
        while True:
            stage.wait(1)
            seconds = time.time() - began
            so_far = replace(frame(seconds, failed=int(RATE * seconds * failing)), finished=False)
            stage.log(render_frame(so_far, int(seconds)))

    return play


def fails(reason: str, message: str, code: int = 4) -> Play:
    """A load that says why it could not be."""

    def play(stage: Stage) -> None:
        stage.run()
        stage.wait(0.3)
        stage.end(code, ending(reason, message))

    return play


def lasts(stage: Stage) -> None:
    """A load that goes on until it is stopped."""
    stage.run()
    stage.wait(600)


def is_evicted(stage: Stage) -> None:
    """A load whose node needs its room."""
    stage.run()
    stage.wait(0.3)
    stage.evict()


def loses_its_node(stage: Stage) -> None:
    """A load whose node does not say for a while what became of it."""
    stage.run()
    stage.wait(0.3)
    stage.lose(8)
    stage.end(137)


def has_no_image(stage: Stage) -> None:
    """A load whose image cannot be pulled."""
    stage.waiting("ImagePullBackOff", "Back-off pulling image")
    stage.wait(600)


def has_no_node(stage: Stage) -> None:
    """A load that no node takes."""
    message = "0/1 nodes are available: 1 Insufficient cpu."
    stage.patch(
        {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]}
    )
    stage.wait(600)


has_no_node.binds = False  # type: ignore[attr-defined]


def killed_for_memory(stage: Stage) -> None:
    """A load generator that used more memory than it may."""
    stage.run()
    stage.wait(0.3)
    stage.end(137, reason="OOMKilled")


def frame(seconds: float, failed: int = 0, ended: Callable[[], float] = time.time) -> LoadFrame:
    """What a good load of `seconds` at RATE has to say, that ended now."""
    start, total = ended() - seconds, int(RATE * seconds)
    return LoadFrame(
        load=LoadPart(
            requested_rate=RATE,
            achieved_rate=RATE,
            started_at=datetime.fromtimestamp(start, UTC).isoformat(),
            warmup_seconds=5,
            duration_seconds=seconds,
            planned_seconds=seconds,
        ),
        latency=LatencySignal(
            count=total, buckets=((0.01, total - failed), (0.1, total - failed), (float("inf"), total))
        ),
        errors=ErrorsSignal(failed=failed, total=total),
        throughput=Signal(
            unit="requests_per_second", points=tuple((start + s + 0.5, RATE) for s in range(int(seconds)))
        ),
        finished=True,
    )


def _noise() -> list[str]:
    return ["not a frame\n", '{"setpoint":"load/1","number":9,"finished":true}\n']
