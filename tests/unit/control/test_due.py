"""When a run is due, and when time alone will make one so."""

from dataclasses import replace

import pytest

from setpoint.control.due import MOST_RETRIES, Before, Standing, Trigger, due, next_look

DONE = Before(generation=1, images=("a:1",), requested=None, started_at=100.0, finished_at=200.0)
STILL = Standing(
    now=1000.0, generation=1, images=("a:1",), requested=None, on_rollout=True, retry_after=900.0, before=DONE
)

CASES = {
    "nothing happened": (STILL, None),
    "there was no run": (replace(STILL, before=None), Trigger.NEW_GENERATION),
    "the spec changed": (replace(STILL, generation=2), Trigger.NEW_GENERATION),
    "other images are there": (replace(STILL, images=("a:2",)), Trigger.ROLLOUT),
    "other images, but rollouts do not count": (replace(STILL, images=("a:2",), on_rollout=False), None),
    "somebody asks": (replace(STILL, requested="now"), Trigger.REQUESTED),
    "somebody asked before the last run": (
        replace(STILL, requested="now", before=replace(DONE, requested="now")),
        None,
    ),
    "the schedule's moment has passed": (replace(STILL, scheduled=999.0), Trigger.SCHEDULE),
    "the schedule's moment is to come": (replace(STILL, scheduled=1001.0), None),
    "no verdict, and it is too early to try again": (replace(STILL, before=replace(DONE, unjudged=1)), None),
    "no verdict, and time has passed": (replace(STILL, now=1100.0, before=replace(DONE, unjudged=1)), Trigger.RETRY),
    "no verdict the second time waits longer": (replace(STILL, now=1999.0, before=replace(DONE, unjudged=2)), None),
    "no verdict ever": (replace(STILL, now=1e9, before=replace(DONE, unjudged=MOST_RETRIES + 1)), None),
    "people had stopped it": (replace(STILL, before=replace(DONE, interrupted=True)), Trigger.RETRY),
}


@pytest.mark.parametrize(("seen", "trigger"), CASES.values(), ids=CASES.keys())
def test_a_run_is_due(seen: Standing, trigger: Trigger | None) -> None:
    """The first reason that there is."""
    assert due(seen) is trigger


def test_time_alone_makes_a_run_due_at_the_schedule_or_at_the_next_try() -> None:
    """Whichever comes first; nothing else needs to be looked for."""
    assert next_look(STILL) is None
    assert next_look(replace(STILL, scheduled=5000.0)) == 5000.0
    unjudged = replace(STILL, scheduled=5000.0, before=replace(DONE, unjudged=1))
    assert next_look(unjudged) == 200.0 + 900.0
