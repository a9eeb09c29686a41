"""What others wrote reaches the source and the names of the cluster, and nothing else."""

from setpoint.api.configuration import Configuration
from setpoint.kube.repair.desk import Desk
from setpoint.kube.repair.pods import Ground
from setpoint.kube.repair.source import policies_of

OWNER = {"namespace": "shop", "name": "checkout", "uid": "u-1"}


def chosen(policy: dict) -> set[str]:
    """The roles that a policy is about."""
    selector = policy["spec"]["podSelector"]
    told = [selector["matchLabels"].get("setpoint.dev/role")]
    told += [value for one in selector.get("matchExpressions", []) for value in one["values"]]
    return {role for role in told if role}


def policies() -> list[dict]:
    """Of one remediation."""
    return policies_of(Desk(None, Ground(OWNER, "run1", "rem1", Configuration()), 0.0))


def test_agent_gate_and_tests_have_one_way_out():
    """The source's port, and those that the names of a cluster are asked on."""
    for role in ("agent", "gate", "test"):
        [policy] = [one for one in policies() if role in chosen(one) and "Egress" in one["spec"]["policyTypes"]]
        ports = {port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]}
        assert ports == {8080, 53, 5353}
        assert all("to" in rule for rule in policy["spec"]["egress"])


def test_copies_and_profiles_have_no_other_way_out():
    """What the service needs besides is opened by the namespace's owners; policies add up."""
    for role in ("copy", "profile"):
        [policy] = [one for one in policies() if role in chosen(one) and "Egress" in one["spec"]["policyTypes"]]
        [untrusted] = [one for one in policies() if "agent" in chosen(one)]
        assert policy["spec"]["egress"] == untrusted["spec"]["egress"]


def test_only_the_pods_of_the_remediation_reach_its_source():
    """The tree is nobody else's."""
    [policy] = [one for one in policies() if "Ingress" in one["spec"]["policyTypes"] and chosen(one) == {"source"}]
    [rule] = policy["spec"]["ingress"]
    assert rule["from"] == [{"podSelector": {"matchLabels": {"setpoint.dev/remediation": "rem1"}}}]


def test_those_who_hold_a_token_reach_the_forge_wherever_it_is():
    """Also where a namespace forbids everything by default."""
    [policy] = [one for one in policies() if chosen(one) == {"source", "forge"}]
    assert policy["spec"]["egress"] == [{}]


def test_every_policy_is_about_one_remediation_alone():
    """None touches a pod of somebody else."""
    for policy in policies():
        assert policy["spec"]["podSelector"]["matchLabels"]["setpoint.dev/remediation"] == "rem1"
