"""The target's pods as instances, and the series that are theirs."""

from typing import Any

from setpoint.api.resource import DeploymentTarget
from setpoint.kube.target import selector_of, service_port, target_of

TARGET = DeploymentTarget(deployment="checkout", service="checkout", port="http")
SINCE = 1767225600.0  # 2026-01-01T00:00:00Z


def pod(name: str, *containers: dict[str, Any]) -> dict[str, Any]:
    status = {"startTime": "2025-12-31T00:00:00Z", "containerStatuses": list(containers)}
    return {"metadata": {"name": name}, "status": status}


def container(name: str, ended_at: str = "", reason: str = "Error") -> dict[str, Any]:
    last = {"terminated": {"finishedAt": ended_at, "reason": reason}} if ended_at else {}
    return {
        "name": name,
        "state": {"running": {"startedAt": "2025-12-31T00:00:05Z"}},
        "lastState": last,
        "restartCount": 7,
    }


def test_restarts_of_long_ago_are_not_those_of_the_run() -> None:
    """The kubelet's count goes back to the pod's birth."""
    [old] = target_of([pod("p", container("app", "2025-12-31T12:00:00Z"))], TARGET, SINCE, None).instances
    [new] = target_of([pod("p", container("app", "2026-01-01T00:00:30Z"))], TARGET, SINCE, None).instances
    assert (old.restarts, new.restarts) == (0, 1)


def test_a_container_that_was_killed_for_its_memory_in_the_run_is_told() -> None:
    """And one of before is not."""
    killed = [container("app", at, "OOMKilled") for at in ("2025-12-31T12:00:00Z", "2026-01-01T00:00:30Z")]
    told = [target_of([pod("p", one)], TARGET, SINCE, None).instances[0].killed_for_memory for one in killed]
    assert told == [False, True]


def test_where_one_container_is_named_the_others_do_not_count() -> None:
    """A sidecar's restart is no restart of the service."""
    named = TARGET.model_copy(update={"container": "app"})
    both = pod("p", container("app"), container("proxy", "2026-01-01T00:00:30Z"))
    assert target_of([both], named, SINCE, None).instances[0].restarts == 0
    assert target_of([both], TARGET, SINCE, None).instances[0].restarts == 1


def test_series_are_selected_by_namespace_and_pods_alone() -> None:
    """Names are taken as they are, not as patterns."""
    found = selector_of("shop", ["checkout-b", "checkout.a"], None)
    assert found == {"namespace": ("=", "shop"), "pod": ("=~", r"checkout-b|checkout\.a")}
    assert selector_of("shop", ["a"], "app")["container"] == ("=", "app")


def test_a_services_port_is_found_by_name_and_by_number() -> None:
    """Another one is none."""
    service = {"spec": {"ports": [{"name": "http", "port": 80}, {"port": 9000}]}}
    assert [service_port(service, port) for port in ("http", 80, 9000, "https", 443)] == [80, 80, 9000, None, None]
