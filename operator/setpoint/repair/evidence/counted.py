"""What was counted by own line: database statements, and connections, files and clients that were opened."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from setpoint.api.remedy import Opened, Statement
from setpoint.repair.evidence.code import Code, site
from setpoint.repair.evidence.raw import Answer, RawOpened

MOST = 15
RARE = 0.02  # for each request; less is not part of answering one
LEFT = 5  # still open; fewer may be in use


def statements(answers: Iterable[Answer], code: Code, requests: int) -> tuple[Statement, ...]:
    """Database statements, those that a request runs most often first."""
    counts: Counter[tuple[str, str, int]] = Counter()
    for statement in (statement for answer in answers for statement in answer.statements):
        counts[statement.text, statement.file, statement.line] += statement.count
    return tuple(
        Statement(text=text, per_request=per_request, site=at)
        for (text, file, line), count in counts.most_common(MOST)
        if (per_request := _per(count, requests)) >= RARE and (at := site(code, file, line))
    )


def opened(answers: Iterable[Answer], code: Code, requests: int) -> tuple[Opened, ...]:
    """What was opened, that which stays open first."""
    together: dict[tuple[str, str, int], list[RawOpened]] = defaultdict(list)
    for opening in (opening for answer in answers for opening in answer.opened):
        together[opening.kind, opening.file, opening.line].append(opening)
    found = []
    for (_, file, line), some in together.items():
        per_request = _per(sum(opening.count for opening in some), requests)
        left = sum(opening.still_open for opening in some)
        at = site(code, file, line) if left >= LEFT or per_request >= RARE else None
        if at:
            first = some[0]
            found.append(Opened(kind=first.kind, per_request=per_request, still_open=left, site=at, what=first.what))
    return tuple(sorted(found, key=lambda one: (-one.still_open, -one.per_request))[:MOST])


def _per(count: int, requests: int) -> float:
    return round(count / requests, 3) if requests > 0 else 0.0
