"""What a query may cost a Prometheus that others use too."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import promql_parser as promql

from setpoint.api.errors import NotAllowed

MOST_SELECTORS = 20
_NAME = "__name__"
_NAMES = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*(\|[a-zA-Z_:][a-zA-Z0-9_:]*)*")


@dataclass(frozen=True, slots=True)
class Reached:
    """A selector where it stands. `seconds` that it may look back; `points`: how often it is evaluated for each one."""

    selector: promql.VectorSelector
    seconds: float = 0.0
    points: float = 1.0

    def further(self, seconds: float, points: float = 1.0) -> "Reached":
        """The same inside of something that looks back as well."""
        return replace(self, seconds=self.seconds + seconds, points=self.points * points)


def selectors(query: promql.Expr) -> tuple[promql.VectorSelector, ...]:
    """Every selector of series in `query`. Raises NotAllowed for a query of parts that are not known here."""
    return tuple(one.selector for one in _reached(query))


def check_cost(query: promql.Expr, reach: float, points: int) -> None:
    """Raises NotAllowed where a selector of `query` names no metric, looks back too far, or is evaluated too often.

    `reach` in seconds; `points`: evaluations in subqueries for one point of the answer.
    """
    found = tuple(_reached(query))
    if len(found) > MOST_SELECTORS:
        raise NotAllowed(f"the query selects series {len(found)} times and {MOST_SELECTORS} times are allowed")
    for one in found:
        _check_metric(one.selector)
        if one.seconds > reach:
            what = f"the query looks back {one.seconds:g} s and {reach:g} s are allowed"
            raise NotAllowed(what, instead="ranges, subqueries and offsets count together")
        if one.points > points:
            what = f"the subqueries ask {one.points:g} times for each point and {points} times are allowed"
            raise NotAllowed(what, instead="write longer steps or shorter ranges")


def _reached(node: promql.Expr) -> Iterator[Reached]:
    """Every selector below `node`; what is of a kind that is not known here is refused, not passed over."""
    match node:
        case promql.VectorSelector():
            yield Reached(node).further(_offset(node))
        case promql.MatrixSelector():
            yield Reached(node.vector_selector).further(_offset(node.vector_selector) + node.range.total_seconds())
        case promql.SubqueryExpr():
            yield from _in_subquery(node)
        case _:
            for part in _parts(node):
                yield from _reached(part)


def _in_subquery(node: promql.SubqueryExpr) -> Iterator[Reached]:
    seconds = node.range.total_seconds() if node.range else 0.0
    if not node.step:
        raise NotAllowed("a subquery without a step takes Prometheus's own", instead="write it, for example [10m:30s]")
    for one in _reached(node.expr):
        yield one.further(seconds + _offset(node), max(seconds / node.step.total_seconds(), 1.0))


def _parts(node: promql.Expr) -> tuple[promql.Expr, ...]:
    match node:
        case promql.NumberLiteral() | promql.StringLiteral():
            return ()
        case promql.ParenExpr() | promql.UnaryExpr():
            return (node.expr,)
        case promql.BinaryExpr():
            return node.lhs, node.rhs
        case promql.AggregateExpr():
            return (node.expr, node.param) if node.param is not None else (node.expr,)
        case promql.Call() if not node.func.experimental:
            return tuple(node.args)
        case promql.Call():
            # info() reads series that no selector of the query names.
            raise NotAllowed(f"{node.func.name}() is an experiment of Prometheus's")
    raise NotAllowed(f"the query has a part that is not known here: {type(node).__name__}")


def _offset(node: promql.VectorSelector | promql.SubqueryExpr) -> float:
    """Seconds, in either direction."""
    if node.at is not None and node.at.type == promql.AtModifierType.At:
        raise NotAllowed("the query asks for a fixed moment", instead="write @ start(), @ end(), or an offset")
    return abs((node.offset or timedelta()).total_seconds())


def _check_metric(selector: promql.VectorSelector) -> None:
    names = [matcher for matcher in selector.matchers.matchers if matcher.name == _NAME]
    exact = any(matcher.op == promql.MatchOp.Equal and matcher.value for matcher in names)
    listed = any(matcher.op == promql.MatchOp.Re and _NAMES.fullmatch(matcher.value) for matcher in names)
    if not (selector.name or exact or listed):
        what = f"{selector.prettify()} names no metric"
        raise NotAllowed(what, instead='write its name in front, or a list of names: {__name__=~"a|b"}')
