"""`setpoint kube watch` and `run --wait`: what happens, as it happens, to the verdict."""

import time

import pytest

READY = ("True", "Enforcing", "")
WAITING = {"Ready": READY, "Compliant": ("Unknown", "AwaitingFirstRun", "no run has ended yet")}
RUNNING = {**WAITING, "LoadGenerated": ("Unknown", "Running", "")}
RUN = {"id": "0123456789ab", "number": 1, "trigger": "Requested", "generation": 1, "startedAt": "2026-01-01T00:00:00Z"}
ENDED = {**RUN, "finishedAt": "2026-01-01T00:02:00Z"}
RESULTS = {
    "Within": ("True", "WithinSetpoints", "met", 0),
    "Breached": ("False", "SetpointBreached", "memory is over", 1),
    "Inconclusive": ("Unknown", "NoData", "Prometheus did not answer", 3),
}


def row(result: str, reason: str) -> dict:
    return {
        "constraint": "memory",
        "limit": 300.0,
        "unit": "MB",
        "confidence": 0.99,
        "result": result,
        "reason": reason,
        "message": "as it is",
    }


def end(constraint, result: str, **run) -> None:
    """As the operator ends a run."""
    truth, reason, message, _ = RESULTS[result]
    constraint.says(
        conditions={"Ready": READY, "Compliant": (truth, reason, message)},
        lastRun={**ENDED, **run, "result": result},
        constraints=[row(result, reason)],
    )


def test_each_transition_is_a_line_as_it_happens(start, made, namespace):
    """Plain text in a pipe, with when and of what."""
    constraint = made(conditions=WAITING)
    watching = start("watch", "checkout")
    first = watching.wait_for("Compliant Unknown AwaitingFirstRun")
    assert f"  {namespace}/checkout  " in first
    constraint.says(conditions=RUNNING, lastRun=RUN)
    watching.wait_for("LoadGenerated Unknown Running")
    end(constraint, "Breached")
    watching.wait_for("Compliant False SetpointBreached: memory is over")
    assert all(line.isprintable() for line in watching.lines)


def test_all_constraints_are_watched_and_their_end_is_told(start, made):
    """Those that are made later too."""
    made("one", conditions=WAITING)
    watching = start("watch")
    watching.wait_for("one  Compliant")
    two = made("two", conditions=WAITING)
    watching.wait_for("two  Compliant")
    two.delete()
    watching.wait_for("two  deleted")


@pytest.mark.parametrize("result", RESULTS)
def test_a_watch_until_the_end_gives_the_verdict_of_the_open_run(start, made, result):
    """Its table, and its exit code."""
    constraint = made(conditions=RUNNING, lastRun=RUN)
    watching = start("watch", "checkout", "--until", "finished", "--timeout", "60s")
    watching.wait_for("LoadGenerated Unknown Running")
    end(constraint, result)
    said = watching.ended()
    assert said.code == RESULTS[result][3]
    assert said.out.splitlines()[-1].startswith(result)


def test_a_run_that_is_over_is_not_waited_for(start, made):
    """The next one is."""
    constraint = made()
    end(constraint, "Within")
    watching = start("watch", "checkout", "--until", "finished", "--timeout", "60s")
    watching.wait_for("Compliant True")
    end(constraint, "Breached", id="bbbbbbbbbbbb")
    assert watching.ended().code == 1


def test_a_watch_ends_when_its_time_is_over(start, made):
    """No verdict came: exit code 4, and why."""
    made(conditions=WAITING)
    said = start("watch", "checkout", "--until", "finished", "--timeout", "2s").ended()
    assert said.code == 4
    assert "the time that --timeout gave is over" in said.err


def test_the_api_server_may_go_away_for_a_while(start, made):
    """The watch goes on where it was."""
    constraint = made(conditions=WAITING)
    watching = start("watch", "checkout")
    watching.wait_for("AwaitingFirstRun")
    constraint.api.stop("kube-apiserver")
    time.sleep(1)
    constraint.api.start("kube-apiserver")
    constraint.api.wait_until_ready()
    end(constraint, "Within")
    watching.wait_for("Compliant True", seconds=60)
    assert watching.process.poll() is None


def test_a_run_is_asked_for_by_an_annotation(kube, made):
    """Each time with a new value: that is what the operator acts on."""
    constraint, values = made(conditions=WAITING), set()
    for _ in range(2):
        said = kube("run", "checkout")
        assert (said.code, said.err) == (0, "")
        values.add(constraint.object()["metadata"]["annotations"]["setpoint.dev/run"])
    assert len(values) == 2


@pytest.mark.parametrize("result", RESULTS)
def test_a_run_is_followed_to_its_own_verdict(start, made, result):
    """A run that goes on already is not the one that was asked for."""
    constraint = made(conditions=RUNNING, lastRun={**RUN, "trigger": "Schedule"})
    waiting = start("run", "checkout", "--wait", "--timeout", "60s")
    asked = _asked(constraint)
    end(constraint, "Within", trigger="Schedule")
    constraint.says(conditions=RUNNING, lastRun={**RUN, "id": "bbbbbbbbbbbb", "requested": asked})
    end(constraint, result, id="bbbbbbbbbbbb", requested=asked)
    said = waiting.ended()
    assert said.code == RESULTS[result][3]
    assert said.out.splitlines()[-1].startswith(result)
    assert "run bbbbbbbbbbbb (Requested)" in said.err


def test_a_run_that_ends_without_a_verdict_is_no_pass(start, made):
    """A new spec ends it: exit code 4 with the reason."""
    constraint = made(conditions=WAITING)
    waiting = start("run", "checkout", "--wait", "--timeout", "60s")
    over = {**ENDED, "requested": _asked(constraint), "reason": "NewGeneration", "message": "the spec changed"}
    constraint.says(conditions=WAITING, lastRun=over)
    said = waiting.ended()
    assert said.code == 4
    assert "ended without a verdict: NewGeneration: the spec changed" in said.err


def test_a_run_that_cannot_begin_is_not_waited_for(start, made):
    """The operator said that the spec is not enforceable."""
    made(conditions={**WAITING, "Stalled": ("True", "PolicyDenied", "rate 10 is over the ceiling")})
    said = start("run", "checkout", "--wait", "--timeout", "60s").ended()
    assert said.code == 4
    assert "no run begins: PolicyDenied: rate 10 is over the ceiling" in said.err


def test_a_constraint_that_is_deleted_ends_the_wait(start, made):
    """Nothing will come any more."""
    constraint = made(conditions=WAITING)
    waiting = start("run", "checkout", "--wait", "--timeout", "60s")
    _asked(constraint)
    constraint.delete()
    said = waiting.ended()
    assert said.code == 4
    assert "was deleted before its run ended" in said.err


def test_ctrl_c_ends_a_watch(start, made):
    """In good order: 130 and no traceback."""
    made(conditions=WAITING)
    watching = start("watch")
    watching.wait_for("AwaitingFirstRun")
    watching.process.send_signal(2)
    said = watching.ended()
    assert (said.code, said.err) == (130, "setpoint: interrupted\n")


def _asked(constraint) -> str:
    """The value of the annotation, once it is there."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if asked := constraint.object()["metadata"].get("annotations", {}).get("setpoint.dev/run"):
            return asked
        time.sleep(0.1)
    pytest.fail("no run was asked for")
