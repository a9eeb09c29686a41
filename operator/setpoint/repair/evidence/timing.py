"""Where time goes: stacks on CPU and waiting, what holds up event loops, what waits for locks."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal

from setpoint.api.remedy import Blocking, Site, Stack
from setpoint.repair.evidence.code import Code, site
from setpoint.repair.evidence.raw import Answer, RawMeanwhile, Where
from setpoint.repair.evidence.syntax import called, has_lock, takes_lock

MOST = 10  # of a kind
LITTLE = 0.01  # of all samples of a kind
HARDLY = 0.02  # of one core, under the whole load: then CPU is not what takes the time
SEEN = 3  # times; less is chance
SHORT = 0.05  # seconds in all; less is what locks are for, or chance


def stacks(answers: Sequence[Answer], code: Code) -> tuple[Stack, ...]:
    """The stacks that were met most, on CPU first, unless there was hardly any.

    Shares of CPU are of all that the processes took, own code or not; shares of waiting are of the own stacks.
    """
    cpu = sum(answer.sampled_cpu_seconds for answer in answers)
    sampled = max((answer.sampled_seconds for answer in answers), default=0.0)
    computing = _of_kind("cpu", answers, code, cpu) if cpu > HARDLY * sampled else ()
    return computing + _of_kind("waiting", answers, code, 0.0)


def _of_kind(kind: Literal["cpu", "waiting"], answers: Sequence[Answer], code: Code, total: float) -> tuple[Stack, ...]:
    seconds: dict[tuple[tuple[Where, ...], str], float] = defaultdict(float)
    times: dict[tuple[tuple[Where, ...], str], int] = defaultdict(int)
    for stack in (stack for answer in answers for stack in answer.stacks if stack.kind == kind):
        seconds[stack.frames, stack.inside] += stack.seconds
        times[stack.frames, stack.inside] += stack.times
    total = max(total, sum(seconds.values()))
    often = {where: spent for where, spent in seconds.items() if times[where] >= SEEN and spent >= LITTLE * total}
    return tuple(
        Stack(frames=sites, kind=kind, share=round(spent / total, 4), inside=inside)
        for (frames, inside), spent in sorted(often.items(), key=lambda item: -item[1])[:MOST]
        if (sites := tuple(at for where in frames if (at := site(code, *where))))
    )


def blocking(answers: Sequence[Answer], code: Code) -> tuple[Blocking, ...]:
    """Calls that held up an event loop and waiting for locks, most seconds first."""
    found = [*_loops(answers, code), *_locks(answers, code)]
    return tuple(sorted(found, key=lambda one: -one.seconds)[:MOST])


def _loops(answers: Iterable[Answer], code: Code) -> Iterable[Blocking]:
    together: dict[tuple[str, int, str], list[float]] = defaultdict(lambda: [0, 0.0])
    for blocked in (blocked for answer in answers for blocked in answer.blocked):
        entry = together[blocked.file, blocked.line, blocked.inside]
        entry[:] = entry[0] + blocked.count, entry[1] + blocked.seconds
    for (file, line, inside), (count, seconds) in together.items():
        at = site(code, file, line) if seconds >= SHORT else None
        if at:
            call = inside or called(code.source(at.file).tree, line) or at.function
            yield Blocking(call=call, kind="event-loop", count=int(count), seconds=round(seconds, 3), site=at)


def _locks(answers: Iterable[Answer], code: Code) -> Iterable[Blocking]:
    for answer in answers:
        for lock in answer.locks:
            at = site(code, lock.file, lock.line)
            name = takes_lock(code.source(at.file).tree, lock.line) if at else ""
            if at and name and lock.seconds >= SHORT:
                others = [other for other in answer.meanwhile if other.waiting == (lock.file, lock.line)]
                yield Blocking(
                    call=name,
                    kind="lock",
                    count=lock.count,
                    seconds=round(lock.seconds, 3),
                    site=at,
                    holding=_holding(name, others, code),
                )


def _holding(lock: str, others: Iterable[RawMeanwhile], code: Code) -> Site | None:
    """The innermost place of what was seen most in the body of a with statement for that lock."""
    for other in sorted(others, key=lambda other: -other.seconds):
        sites = [at for where in other.frames if (at := site(code, *where))]
        if any(lock in has_lock(code.source(at.file).tree, at.line) for at in sites):
            return sites[-1]
    return None
