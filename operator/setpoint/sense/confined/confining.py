"""A query of an author as it may be sent: every selector of it bound to the tenant.

What is sent is never the author's text. It is printed anew from the tree with the tenant in it, and what was printed is
parsed and compared, so that no text gets through that the parser here and Prometheus's own might read differently.
"""

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

import promql_parser as promql

from setpoint.api.errors import InputError, NotAllowed
from setpoint.sense.confined.cost import check_cost, selectors
from setpoint.sense.confined.parsing import parsed

_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


@dataclass(frozen=True, slots=True)
class Tenant:
    """`label` is `value` in every selector. `reach`: seconds that a query may look back, all in all.

    `points`: how often a selector may be evaluated by subqueries for one point of the answer.
    """

    label: str
    value: str
    reach: float
    points: int


def confined(query: str, tenant: Tenant, where: str) -> str:
    """`query` as it may be sent for `tenant`; of what this gave, the same again.

    Raises InputError, naming `where`, for what is no PromQL, and NotAllowed for what an author may not ask.
    """
    found = _confined(query, tenant)
    if isinstance(found, str):
        return found
    raise type(found)(found.what, where=where, instead=found.instead)


@lru_cache(maxsize=1024)
def _confined(query: str, tenant: Tenant) -> str | InputError:
    """What becomes of a query; every visit to a constraint asks for it again."""
    try:
        tree = parsed(query)
        check_cost(tree, tenant.reach, tenant.points)
        for selector in selectors(tree):
            _check_tenant(selector, tenant)
        bound = promql.transform(tree, lambda node: _bound(node, tenant))
        return _printed(bound, tenant)
    except InputError as error:
        return error.with_traceback(None)


def _check_tenant(selector: promql.VectorSelector, tenant: Tenant) -> None:
    """Raises NotAllowed for a selector that means others, or that is not of Prometheus's language."""
    if selector.matchers.or_matchers:
        what = f"{selector.prettify()} has alternatives in its braces, which Prometheus does not know"
        raise NotAllowed(what, instead="write two selectors with `or` between them")
    for matcher in selector.matchers.matchers:
        same = matcher.op == promql.MatchOp.Equal and matcher.value == tenant.value
        if matcher.name == tenant.label and not same:
            what = f"{selector.prettify()} is not about {tenant.label} {tenant.value}, and nothing else may be asked"
            raise NotAllowed(what, instead=f"leave {tenant.label} out, it is put in")


def _bound(node: promql.Expr, tenant: Tenant) -> promql.Expr | None:
    """A selector with the tenant in it; None: any other node stays as it is."""
    if not isinstance(node, promql.VectorSelector):
        return None
    others = [_matcher(one) for one in node.matchers.matchers if one.name != tenant.label]
    ours = f"{tenant.label}={json.dumps(tenant.value)}"
    text = f"{node.name or ''}{{{','.join(sorted([*others, ours]))}}}"  # in the order in which they are printed
    if node.at is not None:
        text += " @ start()" if node.at.type == promql.AtModifierType.Start else " @ end()"
    if node.offset:
        text += f" offset {round(node.offset / timedelta(milliseconds=1))}ms"
    return promql.parse(text)


def _matcher(one: promql.Matcher) -> str:
    kinds = promql.MatchOp
    signs = ((kinds.Equal, "="), (kinds.NotEqual, "!="), (kinds.Re, "=~"), (kinds.NotRe, "!~"))
    sign = next(sign for kind, sign in signs if kind == one.op)
    name = one.name if _LABEL.fullmatch(one.name) else json.dumps(one.name, ensure_ascii=False)
    return f"{name}{sign}{json.dumps(one.value, ensure_ascii=False)}"


def _printed(bound: promql.Expr, tenant: Tenant) -> str:
    """`bound` in one line. Raises NotAllowed where the line would mean anything else than the tree."""
    line = " ".join(part.strip() for part in bound.prettify().split("\n"))
    try:
        again = promql.parse(line) if line.isprintable() else None
    except ValueError:
        again = None
    if again is None or repr(again) != repr(bound) or not all(_is_bound(one, tenant) for one in selectors(again)):
        raise NotAllowed("the query cannot be written down again so that it means the same", instead="write it simpler")
    return line


def _is_bound(selector: promql.VectorSelector, tenant: Tenant) -> bool:
    matchers = selector.matchers
    found = [one for one in matchers.matchers if one.name == tenant.label]
    one = found[0] if len(found) == 1 else None
    said = one is not None and one.op == promql.MatchOp.Equal and one.value == tenant.value
    return said and not matchers.or_matchers
