"""What a load pod reaches: the target, the names of the cluster, and nothing else."""

from typing import Any

import pytest

from setpoint.api.configuration import Configuration
from setpoint.api.loading import read_resource_spec
from setpoint.kube.load_job import LoadRequest, job_of
from setpoint.kube.load_policy import policy_of
from setpoint.kube.refusals import ClusterFailed

OWNER = {"namespace": "shop", "name": "checkout", "uid": "u-1"}
SPEC = {
    "target": {"deployment": "checkout", "service": "checkout", "port": "http"},
    "load": {"http": {"path": "/", "rate": 5}, "duration": "10s"},
    "constraints": {"errors": {"budgetPercent": 1}},
}


def asked(**owner: str) -> LoadRequest:
    return LoadRequest({**OWNER, **owner}, "run", "key", read_resource_spec(SPEC), "http://a", Configuration())


def policy(selector: Any, **port: Any) -> dict[str, Any]:
    ports = [{"name": "admin", "port": 9000}, {"name": "http", "port": 80, **port}]
    return policy_of(asked(), {"spec": {"selector": selector, "ports": ports}})


@pytest.mark.parametrize(("port", "reached"), [({"targetPort": 8080}, 8080), ({"targetPort": "web"}, "web"), ({}, 80)])
def test_a_load_reaches_the_pods_behind_the_service_on_their_own_port_and_dns(port, reached):
    """A NetworkPolicy is about pods: what the Service calls its port means nothing to it."""
    spec = policy({"app": "checkout"}, **port)["spec"]
    target, names = spec["egress"]
    pods = {"podSelector": {"matchLabels": {"app": "checkout"}}}
    assert target == {"to": [pods], "ports": [{"protocol": "TCP", "port": reached}]}
    assert {one["port"] for one in names["ports"]} == {53, 5353}
    assert spec["policyTypes"] == ["Ingress", "Egress"] and "ingress" not in spec


def test_it_is_about_the_load_pods_of_one_constraint_and_goes_with_it():
    """Every pod of its loads has the labels that it selects."""
    made = policy({"app": "checkout"})
    labels = job_of(asked())["spec"]["template"]["metadata"]["labels"]
    selected = made["spec"]["podSelector"]["matchLabels"]
    assert selected.items() <= labels.items() and selected["setpoint.dev/constraint"] == "u-1"
    assert [one["uid"] for one in made["metadata"]["ownerReferences"]] == ["u-1"]
    other = policy_of(asked(uid="u-2"), {"spec": {"selector": {"a": "b"}, "ports": [{"name": "http", "port": 1}]}})
    assert other["metadata"]["name"] != made["metadata"]["name"]


@pytest.mark.parametrize(
    "service",
    [
        {},
        {"spec": {"selector": {}, "ports": [{"name": "http", "port": 80}]}},
        {"spec": {"selector": {"app": "a"}, "ports": [{"name": "grpc", "port": 80}]}},
    ],
)
def test_a_service_that_leads_nowhere_opens_nothing(service):
    """An empty selector would be every pod of the namespace."""
    with pytest.raises(ClusterFailed, match="leads to no pods on a port http"):
        policy_of(asked(), service)
