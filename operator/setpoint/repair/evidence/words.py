"""The findings in words, those first that bear on the breached rows."""

from collections.abc import Callable, Iterator
from itertools import islice

from setpoint.api.remedy import Evidence
from setpoint.api.verdict import Verdict
from setpoint.repair.evidence import sentences

EACH = 5  # sentences of a kind
OFTEN = 1.5  # times a statement runs for each request, beyond which it may be one too many

Kind = Callable[[Evidence], Iterator[str]]


def _holders(evidence: Evidence) -> Iterator[str]:
    return map(sentences.holder, evidence.holders)


def _growth(evidence: Evidence) -> Iterator[str]:
    return map(sentences.growth, evidence.growth)


def _labels(evidence: Evidence) -> Iterator[str]:
    return map(sentences.label, evidence.labels)


def _computing(evidence: Evidence) -> Iterator[str]:
    return map(sentences.stack, (stack for stack in evidence.stacks if stack.kind == "cpu"))


def _waiting(evidence: Evidence) -> Iterator[str]:
    return map(sentences.stack, (stack for stack in evidence.stacks if stack.kind == "waiting"))


def _statements(evidence: Evidence) -> Iterator[str]:
    return map(sentences.statement, (one for one in evidence.statements if one.per_request >= OFTEN))


def _blocking(evidence: Evidence) -> Iterator[str]:
    return map(sentences.blocking, evidence.blocking)


def _opened(evidence: Evidence) -> Iterator[str]:
    return map(sentences.opened, evidence.opened)


_MEMORY: tuple[Kind, ...] = (_holders, _growth, _labels, _opened)
_TIME: tuple[Kind, ...] = (_blocking, _computing, _statements, _waiting, _opened)
_TELLING: dict[str, tuple[Kind, ...]] = {  # by the first part of a row's name; time, for all others
    "memory": _MEMORY,
    "heap": _MEMORY,
    "cardinality": (_labels, _holders),
    "cpu": (_computing, _statements, _blocking),
}


def in_words(evidence: Evidence, verdict: Verdict) -> tuple[str, ...]:
    """One sentence a finding, most telling first."""
    rows = (row.constraint.split(".")[0] for row in verdict.breached())
    kinds = dict.fromkeys([*(kind for row in rows for kind in _TELLING.get(row, _TIME)), *_MEMORY, *_TIME])
    return tuple(sentence for kind in kinds for sentence in islice(kind(evidence), EACH))
