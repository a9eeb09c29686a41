"""What protects the cluster from loads: how many there are at a time, and where each may go."""

import time
from typing import Any

from apiserver.operator.conftest import KIND, Shop, eventually
from apiserver.scripted import loads


def policies(shop: Shop) -> list[dict[str, Any]]:
    """The NetworkPolicies of the namespace."""
    return shop.objects("networkpolicies", "networking.k8s.io/v1")


def test_there_are_never_more_loads_than_the_configuration_allows(shop: Shop) -> None:
    """Each on a target of its own: the others wait, say so, and get their turn."""
    shop.configure(ceilings={"concurrentLoads": 2})
    shop.node.load = loads.lasts
    names = ("one", "two", "three")
    for name in names:
        shop.deploy(name)
        shop.constrain(name, target=name)
    eventually(lambda: shop.loading() == 2, 40)
    waiting = [name for name in names if shop.condition("LoadGenerated", name)[1] == "Waiting"]
    eventually(lambda: any("2 loads are under way" in shop.message("LoadGenerated", name) for name in names), 20)
    until = time.monotonic() + 20  # longer than it takes to look again
    while time.monotonic() < until:
        assert shop.loading() <= 2 and len(shop.jobs()) <= 2
        time.sleep(0.5)
    [last] = [name for name in names if shop.condition("LoadGenerated", name)[1] == "Waiting"]
    assert waiting in ([last], [])
    shop.node.load = loads.completes()
    done = next(name for name in names if name != last)
    shop.kubectl("delete", KIND, done)
    shop.ends(name=last)


def test_a_load_runs_behind_a_policy_that_lets_it_to_its_target_alone(shop: Shop) -> None:
    """There before its Job, and gone with the constraint."""
    shop.node.load = loads.lasts
    shop.deploy()
    shop.constrain()
    shop.becomes("LoadGenerated", "Unknown", "Running")
    [policy] = policies(shop)
    [job] = shop.objects("jobs", "batch/v1")
    assert policy["metadata"]["creationTimestamp"] <= job["metadata"]["creationTimestamp"]
    pods = {"podSelector": {"matchLabels": {"app": "checkout"}}}
    assert policy["spec"]["egress"][0] == {"to": [pods], "ports": [{"protocol": "TCP", "port": 80}]}
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"] and "ingress" not in policy["spec"]
    labels = job["spec"]["template"]["metadata"]["labels"]
    assert policy["spec"]["podSelector"]["matchLabels"].items() <= labels.items()
    shop.kubectl("delete", KIND, "checkout")
    eventually(lambda: policies(shop) == [], 40)


def test_the_policy_follows_the_service(shop: Shop) -> None:
    """To the pods' own port; where nothing changed it stays the one that it was."""
    shop.deploy()
    shop.constrain()
    shop.ends(1)
    [first] = policies(shop)
    shop.kubectl("annotate", KIND, "checkout", "setpoint.dev/run=1")
    shop.ends(2)
    assert [one["metadata"]["uid"] for one in policies(shop)] == [first["metadata"]["uid"]]
    ports = '{"spec":{"ports":[{"name":"http","port":80,"targetPort":8080}]}}'
    shop.kubectl("patch", "service", "checkout", "--patch", ports)
    shop.kubectl("annotate", "--overwrite", KIND, "checkout", "setpoint.dev/run=2")
    shop.ends(3)
    [moved] = policies(shop)
    assert moved["spec"]["egress"][0]["ports"] == [{"protocol": "TCP", "port": 8080}]


def test_where_the_configuration_says_so_there_is_no_policy(shop: Shop) -> None:
    """The namespaces' owners have their own, say."""
    shop.configure(restrictLoads=False)
    shop.deploy()
    shop.constrain()
    shop.ends()
    assert policies(shop) == []


def test_a_query_that_would_end_the_parser_stalls_its_own_constraint_alone(shop: Shop) -> None:
    """Some thousand brackets overflow the stack of whatever reads them one in another: nothing reads them."""
    shop.configure(allowCustomQueries=True)
    shop.deploy()
    deep = "(" * 4_999 + "x" + ")" * 4_999
    shop.constrain("deep", constraints={"custom": [{"name": "q", "query": deep, "max": 1}]})
    shop.constrain("other", constraints={"custom": [{"name": "q", "query": 'x{namespace="bank"}', "max": 1}]})
    shop.constrain("good")
    shop.becomes("Stalled", "True", "PolicyDenied", name="deep")
    assert "2,000 are allowed" in shop.message("Stalled", name="deep")
    shop.becomes("Stalled", "True", "PolicyDenied", name="other")
    assert "is not about namespace" in shop.message("Stalled", name="other")
    shop.ends(name="good")
    assert shop.condition("Compliant", "good") == ("True", "WithinSetpoints")
