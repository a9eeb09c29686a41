"""The evidence of a profile: what its probes answered and its pages showed, put together."""

from collections.abc import Sequence

from setpoint.api.remedy import Evidence
from setpoint.repair.evidence import counted, labels, memory, timing
from setpoint.repair.evidence.code import Code
from setpoint.repair.evidence.profile import Profile
from setpoint.repair.evidence.raw import Answer
from setpoint.repair.evidence.runtimes import runtime_of, shown

MOST_NOTES = 20


def put_together(profile: Profile, code: Code) -> Evidence:
    """The evidence of a profile that went through."""
    begin, end = profile.marks[0], profile.marks[-1]
    requests = max(end.requests - begin.requests, 0)
    answers, notes = profile.control.answers()
    pages = [mark.page for mark in profile.marks]
    hello = profile.control.hello()
    return Evidence(
        runtime="python" if hello else runtime_of(pages),
        growth=memory.growth(answers, code),
        holders=memory.holders(answers, code),
        stacks=timing.stacks(answers, code),
        labels=labels.growing(pages, answers, code),
        statements=counted.statements(answers, code, requests),
        blocking=timing.blocking(answers, code),
        opened=counted.opened(answers, code, requests),
        seconds=round(end.at - begin.at, 3),
        requests=requests,
        words=shown(begin, end) if hello is None else (),
        notes=tuple([*profile.notes, *notes, *_notes(answers, requests, silent=hello is None)][:MOST_NOTES]),
    )


def _notes(answers: Sequence[Answer], requests: int, *, silent: bool) -> list[str]:
    notes = [note for answer in answers for note in answer.notes] + memory.foreign_growth(answers)
    drivers = sorted({name for answer in answers for name in answer.unwatched})
    if drivers:
        notes.append(f"statements that go through {', '.join(drivers)} are seen only when SQLAlchemy sends them")
    if silent:
        notes.append("no probe answered: the service is not a Python process, or does not read PYTHONPATH")
    if requests <= 0:
        notes.append("the load reported no request between the marks, so nothing can be said for each request")
    return notes
