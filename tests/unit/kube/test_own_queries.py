"""Queries of authors in the operator: off unless they are allowed, and never sent as they were written."""

from typing import Any

import pytest

from setpoint.api.configuration import Configuration
from setpoint.kube.facts import Deployed, constraint_of
from setpoint.kube.plan import Plan, plan_of
from setpoint.kube.settings import configuration_in

THERE = Deployed("uid", "1", ("shop/checkout:1",), 1, {"app": "a"}, {"app": "a"}, "Available", "1 of 1 available")
PROMETHEUS = "prometheus: {default: {url: 'http://prometheus:9090'}}\n"


def planned(configuration: str, query: str, **telemetry: Any) -> Plan:
    spec = {
        "target": {"deployment": "checkout", "service": "checkout", "port": "http"},
        "constraints": {"custom": [{"name": "depth", "query": query, "max": 1}]},
        "telemetry": telemetry,
    }
    body = {"metadata": {"namespace": "shop", "name": "checkout", "uid": "uid"}, "spec": spec}
    return plan_of(constraint_of(body), THERE, configuration_in(PROMETHEUS + configuration, "config.yaml"))


@pytest.mark.parametrize("query", ["sum(x)", "sum(", 'x{namespace="other"}'])
def test_they_are_off_by_default(query):
    """Nothing is even parsed then."""
    assert not Configuration().allow_custom_queries
    plan = planned("", query)
    assert plan.stalled and plan.stalled.reason == "PolicyDenied" and "allowCustomQueries" in plan.stalled.message
    assert not plan.can_run


def test_where_they_are_allowed_the_plan_has_them_as_they_are_sent():
    """Everything that asks Prometheus reads the plan's spec, so nothing else can be sent."""
    plan = planned("allowCustomQueries: true", "sum(queue_depth)", queries={"heap": "live_bytes"})
    assert plan.stalled is None and plan.spec is not None
    assert plan.spec.constraints.custom[0].query == 'sum(queue_depth{namespace="shop"})'
    assert plan.spec.telemetry.queries == {"heap": 'live_bytes{namespace="shop"}'}


@pytest.mark.parametrize(
    ("query", "heap", "reason", "message"),
    [
        ('x{namespace="other"}', "y", "PolicyDenied", "spec.constraints.custom[0].query: x{namespace="),
        ("x", '{__name__=~".+"}', "PolicyDenied", "spec.telemetry.queries.heap: "),
        ("sum(x))", "y", "InvalidSpec", "spec.constraints.custom[0].query: this is no PromQL from character 7 on"),
    ],
)
def test_one_that_may_not_be_sent_stalls_the_constraint(query, heap, reason, message):
    """What is forbidden and what is a mistake are told apart; no run begins."""
    plan = planned("allowCustomQueries: true", query, queries={"heap": heap})
    assert plan.stalled and plan.stalled.reason == reason and message in plan.stalled.message
    assert not plan.can_run


def test_the_operator_names_label_and_bounds():
    """Unlike the defaults."""
    configuration = "allowCustomQueries: true\ncustomQueries: {tenantLabel: team, longestReach: 2m, mostPoints: 3}\n"
    plan = planned(configuration, "rate(x[2m])")
    assert plan.spec and plan.spec.constraints.custom[0].query == 'rate(x{team="shop"}[2m])'
    assert "looks back 180 s" in (planned(configuration, "rate(x[3m])").stalled or pytest.fail("it may run")).message
    few = planned(configuration, "max_over_time(x[1m:10s])").stalled
    assert few and "ask 6 times" in few.message
