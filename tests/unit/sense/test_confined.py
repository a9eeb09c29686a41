"""Queries of authors: what is sent reads the tenant's series alone, is bounded, and means what the author wrote."""

import subprocess
import sys

import promql_parser
import pytest
from hypothesis import given, settings

from setpoint.api.errors import InputError, NotAllowed
from setpoint.sense.confined import Tenant, confined
from unit.sense.queries_by_chance import queries

SHOP = Tenant("namespace", "shop", reach=3600, points=1000)
BOUND = '{namespace="shop"}'
MANY = settings(max_examples=300)


def sent(query, tenant=SHOP):
    return confined(query, tenant, "spec.constraints.custom[0].query")


def selectors_of(query):
    """By the parser's own walk, which the code under test does not use."""
    found = []
    promql_parser.walk(
        promql_parser.parse(query),
        lambda node: found.append(node) if isinstance(node, promql_parser.VectorSelector) else None,
    )
    return found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("up", f"up{BOUND}"),
        ("time() - 1", "time() - 1"),
        ('x{a="b"} offset 5m', 'x{a="b",namespace="shop"} offset 5m'),
        ("x @ start() offset -5m", f"x{BOUND} @ start() offset -5m"),
        ("sum(rate(x[5m])) by (pod)", f"sum by (pod) (rate(x{BOUND}[5m]))"),
        ("max_over_time(rate(x[1m])[10m:30s] @ end())", f"max_over_time(rate(x{BOUND}[1m])[10m:30s] @ end())"),
        ("a / on (pod) group_left (v) b", f"a{BOUND} / on (pod) group_left (v) b{BOUND}"),
        ("topk(scalar(n), x)", f"topk(scalar(n{BOUND}), x{BOUND})"),
        ('{__name__=~"a|b", pod=~"p.*"}', '{__name__=~"a|b",namespace="shop",pod=~"p.*"}'),
        ('{"a.b"}', '{__name__="a.b",namespace="shop"}'),
        ('x{"a.b"="c"}', 'x{"a.b"="c",namespace="shop"}'),
        ("x{namespace='shop'}", f"x{BOUND}"),
        ("x or y # or z\n", f"x{BOUND} or y{BOUND}"),
        (r'x{a="\"} or y{b=\"c"}', r'x{a="\"} or y{b=\"c",namespace="shop"}'),
        ('label_replace(x, "namespace", "other", "", "")', f'label_replace(x{BOUND}, "namespace", "other", "", "")'),
    ],
)
def test_every_selector_is_bound_to_the_tenant(query, expected):
    """Wherever it stands."""
    assert sent(query) == expected


@given(query=queries)
@MANY
def test_whatever_an_author_writes_each_selector_carries_the_tenant_once(query):
    """And as many selectors as there were; what was bound stays as it is."""
    bound = sent(query)
    found = selectors_of(bound)
    assert len(found) == len(selectors_of(query))
    for selector in found:
        ours = [one for one in selector.matchers.matchers if one.name == "namespace"]
        assert [(one.op == promql_parser.MatchOp.Equal, one.value) for one in ours] == [(True, "shop")]
    assert sent(bound) == bound


@pytest.mark.parametrize("tenant", [Tenant("exported_namespace", "shop", 60, 1), Tenant("tenant", 'a"b\\', 60, 1)])
def test_the_label_is_the_one_that_the_operator_names_and_its_value_stays_in_its_quotes(tenant):
    """Some set-ups call it otherwise."""
    [selector] = selectors_of(sent('x{namespace="other"}', tenant))
    assert (tenant.label, tenant.value) in [(one.name, one.value) for one in selector.matchers.matchers]


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ('x{namespace="other"}', "is not about namespace shop"),
        ('x{namespace="shop",namespace="other"}', "is not about namespace shop"),
        ('x{namespace=~"shop|other"}', "is not about namespace shop"),
        ('x{namespace!="shop"}', "is not about namespace shop"),
        ('{"x", "namespace"="other"}', "is not about namespace shop"),
        ('sum(x) + max_over_time(y{namespace=~".+"}[5m])', "is not about namespace shop"),
        ('x{a="b" or namespace="other"}', "has alternatives in its braces"),
        ('{a="b"}', "names no metric"),
        ('{__name__=~".+"}', "names no metric"),
        ('{__name__=~"a|.+"}', "names no metric"),
        ('{__name__!="a",a="b"}', "names no metric"),
        ('{__name__="", a="b"}', "names no metric"),
        ("info(x)", "info() is an experiment"),
        ("x @ 5", "fixed moment"),
        ("max_over_time(x[10m:1m] @ 5)", "fixed moment"),
        ("rate(x[2h])", "looks back 7200 s and 3600 s are allowed"),
        ("x offset -2h", "looks back 7200 s"),
        ("max_over_time(rate(x[30m])[20m:1m] offset 20m)", "looks back 4200 s"),
        ("max_over_time(x[10m:])", "without a step"),
        ("max_over_time(x[1h:1s])", "ask 3600 times"),
        ("max_over_time(max_over_time(x[10m:10s])[10m:10s])", "ask 3600 times"),
        ("+".join("x" * 21), "selects series 21 times"),
        ("abs(" * 65 + "x" + ")" * 65, "65 operators and brackets"),
        ("(" * 900 + "x" + ")" * 900, "900 operators and brackets"),
        ("x" * 2001, "2,001 characters"),
        (r'x{a="\x00"}', "cannot be written down again"),
    ],
)
def test_what_an_author_may_not_ask_is_told_in_one_line(query, why):
    """With the field; the same each time."""
    for _ in range(2):
        with pytest.raises(NotAllowed) as told:
            sent(query)
        assert str(told.value).startswith("spec.constraints.custom[0].query: ")
        assert why in str(told.value) and "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("x + y z", "from character 7 on after 'x + y': 'z'"),
        ("sum(rate(x[5m) by (pod)", "from character 14 on after 'sum(rate(x[5m': ')'"),
        ('sum(x{a="b"})) + 1', "from character 14 on"),
        ("x)", "from character 2 on after 'x': ')'"),
        ("rate(x)", "from character 5 on after 'rate': '(x)' (expected type matrix"),
        ('x{a="b}', "from character 3 on"),
        ("sum(x", "unclosed left parenthesis"),
        ("1 +", "from character 3 on after '1': '+'"),
        ("#only", "no expression"),
        ("x\u200b", "characters that nobody sees"),
        ("x\x00", "characters that nobody sees"),
        ("\ud800", "characters that nobody sees"),
    ],
)
def test_what_is_no_promql_is_told_with_its_place(query, place):
    """It is a mistake, not a thing that is forbidden."""
    with pytest.raises(InputError) as told:
        sent(query)
    assert place in str(told.value) and not isinstance(told.value, NotAllowed)


def test_the_parser_is_loaded_for_queries_of_authors_alone():
    """Nobody else pays for it: not the sensors, not an operator without such queries."""
    program = """
import sys
import setpoint.kube.operator, setpoint.sense.prometheus, setpoint.sense.local
assert "promql_parser" not in sys.modules
import setpoint.sense.confined
assert "promql_parser" in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
