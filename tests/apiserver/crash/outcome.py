"""How a run ended, in words that are the same in every run, and what must hold of any run."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from apiserver.crash.pods import CountedForge
from apiserver.crash.seen import Recorder, known
from apiserver.installed import MADE
from setpoint.kube.cluster import Cluster, path_of
from setpoint.kube.kept import record_in
from setpoint.kube.names import OURS

End = dict[str, Any]


def left(cluster: Cluster, namespace: str) -> list[str]:
    """What of ours is in the namespace."""
    return sorted(
        f"{plural} {known(found['metadata']['name'])}"
        for api, plural in MADE.values()
        for found in cluster.list(path_of(api, plural, namespace), labels=OURS)
    )


def end_of(status: dict[str, Any], forge: CountedForge, recorder: Recorder, remaining: list[str]) -> End:
    """The end state, without names and times of one run alone."""
    remediation, run = status.get("remediation") or {}, status.get("lastRun") or {}
    pull = remediation.get("pullRequest") or {}
    return {
        "conditions": {one["type"]: f"{one['status']}/{one['reason']}" for one in status.get("conditions", ())},
        "remediation": {name: remediation.get(name) for name in ("ended", "attempt", "escalation", "budget", "step")},
        "pull request": {**pull, "branch": known(pull.get("branch", ""))},
        "run": {name: run.get(name) for name in ("number", "result", "reason", "trigger", "unjudged")},
        "history": [(past["reason"], past["attempts"]) for past in status.get("history", ())],
        "asked of the forge": Counter(name for name, _ in forge.orders),
        "opened": [known(branch) for branch in forge.pulls],
        "branches": sorted({known(order["branch"]) for _, order in forge.orders}),
        "created": dict(recorder.created),
        "left": remaining,
    }


def deviations(end: End, reference: End, again: tuple[str, ...]) -> list[str]:
    """Where it is not the end of the reference. `again`: as in Plan."""
    found = []
    for part, expected in reference.items():
        seen = end[part]
        if part in ("created", "asked of the forge"):
            found += _counted(part, seen, expected, again)
        elif seen != expected:
            found.append(f"{part}: {json.dumps(seen)} is not {json.dumps(expected)}")
    return found


def _counted(part: str, seen: dict[str, int], expected: dict[str, int], again: tuple[str, ...]) -> Iterable[str]:
    for name in sorted({*seen, *expected}):
        most = expected.get(name, 0) * (2 if any(word in name for word in again) else 1)
        if not expected.get(name, 0) <= seen.get(name, 0) <= most:
            yield f"{part}: {name} {seen.get(name, 0)} times, not {expected.get(name, 0)}"


def faults_of(recorder: Recorder, log: str) -> list[str]:
    """What must not be in any run: a step back of what only grows, a traceback."""
    found = [f"the status: {words}" for words in _falling(map(_of_status, recorder.statuses))]
    found += [f"the record: {words}" for words in _falling(map(_of_record, recorder.records))]
    lines = [line for line in log.splitlines() if '"trace"' in line or "Traceback" in line]
    return found + [f"a traceback: {line[:600]}" for line in lines]


def _of_status(status: dict[str, Any]) -> dict[str, float]:
    remediation, run = status.get("remediation") or {}, status.get("lastRun") or {}
    return {
        "run": run.get("number", 0),
        "attempts": (remediation.get("budget") or {}).get("attempts", 0),
        "attempt": remediation.get("attempt", 0),
        "ended": bool(remediation.get("ended")),
        "history": len(status.get("history", ())),
    }


def _of_record(body: dict[str, Any]) -> dict[str, float]:
    record = record_in(body)
    assert record is not None
    remediation = record.remediation
    return {
        "decisions": len(record.decisions),
        "attempts": len(remediation.attempts) if remediation else 0,
        "rounds": sum(attempt.rounds for attempt in remediation.attempts) if remediation else 0,
        "finished": record.finished,
    }


def _falling(figures: Iterable[dict[str, float]]) -> Iterable[str]:
    before: dict[str, float] = {}
    for after in figures:
        yield from (
            f"{name} fell from {before[name]} to {after[name]}" for name in before if after[name] < before[name]
        )
        before = after
