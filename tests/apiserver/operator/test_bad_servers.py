"""An API server that is slow to agree: what the operator does about it, and that nothing is doubled by it."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from apiserver.operator.conftest import Operator, Shop, configure, eventually
from apiserver.scripted import loads
from apiserver.scripted.node import Node
from apiserver.scripted.prometheus import Prometheus
from apiserver.scripted.proxy import Answer, Cut, Proxy, Spoil
from setpoint.kube.cluster import connect
from testbed.control_plane import ControlPlane


@pytest.fixture
def proxy(plane: ControlPlane) -> Iterator[Proxy]:
    """Between the operator and its API server."""
    with Proxy(plane.kubeconfig) as proxy:
        yield proxy


@pytest.fixture
def behind(
    plane: ControlPlane, namespace: str, node: Node, prometheus: Prometheus, proxy: Proxy, tmp_path: Path
) -> Iterator[Shop]:
    """A shop whose operator goes through the proxy."""
    configure(plane, prometheus.url)
    operator = Operator(proxy.kubeconfig(tmp_path), tmp_path / "operator.log", ("--namespace", namespace))
    operator.start()
    node.load = loads.completes(3)
    shop = Shop(plane, namespace, node, prometheus, operator, connect(str(plane.kubeconfig)))
    shop.deploy()
    yield shop
    operator.stop()
    assert "a fault of the operator" not in operator.logged()


def first(count: int, method: str, part: str, spoilt: Callable[[], Answer | Cut]) -> Spoil:
    """Spoil the first `count` requests of that method whose path has `part` in it."""
    left = [count]

    def spoil(asked: str, path: str) -> Answer | Cut | None:
        if asked != method or part not in path or not left[0]:
            return None
        left[0] -= 1
        return spoilt()

    return spoil


FAULTS: dict[str, Spoil] = {
    "conflicts on the status": first(5, "PUT", "/status", lambda: Answer(409, "Conflict")),
    "is overloaded": first(3, "PUT", "/status", lambda: Answer(429, "TooManyRequests", retry_after=1)),
    "breaks when the load is to begin": first(2, "POST", "/jobs", lambda: Answer(500, "InternalError")),
    "does not say that the load has begun": first(1, "POST", "/jobs", lambda: Cut(after=True)),
    "does not say that the record is written": first(2, "PUT", "/configmaps/", lambda: Cut(after=True)),
    "does not say that the result is kept": first(1, "POST", "/configmaps", lambda: Answer(504, "Timeout", after=True)),
    "does not say that the load is gone": first(1, "DELETE", "/jobs/", lambda: Cut(after=True)),
    "takes no events": first(1000, "POST", "/events", lambda: Answer(429, "TooManyRequests", retry_after=60)),
    "has no log for a while": first(1, "GET", "/log?", lambda: Answer(500, "InternalError")),
}


@pytest.mark.parametrize("spoil", FAULTS.values(), ids=FAULTS.keys())
def test_one_load_and_the_right_verdict_whatever_the_server(behind: Shop, proxy: Proxy, spoil: Spoil) -> None:
    """What was not acknowledged is looked for, not done again."""
    before = len(behind.node.played)
    proxy.spoil = spoil
    behind.constrain()
    run = behind.ends(seconds=60)
    assert run["number"] == 1
    assert behind.condition("Compliant") == ("True", "WithinSetpoints")
    assert len(behind.node.played) == before + 1
    assert behind.jobs() == []


def test_watches_that_are_cut_again_and_again_lose_nothing(behind: Shop, proxy: Proxy) -> None:
    """kopf begins each anew from where it was."""
    over = threading.Event()
    cut: list[int] = []

    def cutting() -> None:
        while not over.wait(0.7):
            cut.append(proxy.cut_watches())

    threading.Thread(target=cutting, daemon=True).start()
    behind.constrain()
    behind.ends(seconds=60)
    over.set()
    assert sum(cut) > 3
    assert behind.condition("Compliant") == ("True", "WithinSetpoints")


def test_a_watch_whose_version_is_too_old_begins_with_a_new_list(behind: Shop, proxy: Proxy) -> None:
    """410 Gone is no reason to do anything twice."""
    behind.constrain()
    behind.ends(seconds=60)
    played = len(behind.node.played)
    proxy.spoil = first(6, "GET", "watch=true", lambda: Answer(410, "Expired"))
    proxy.cut_watches()
    time.sleep(8)
    proxy.spoil = lambda _method, _path: None
    behind.constrain(constraints={"memory": {"maxMb": 50}})
    behind.ends(2, seconds=60)
    assert behind.condition("Compliant") == ("False", "SetpointBreached")
    assert len(behind.node.played) == played + 1


def test_a_server_that_refuses_every_write_is_not_asked_in_a_hot_loop(behind: Shop, proxy: Proxy) -> None:
    """Each time it waits twice as long."""
    proxy.spoil = lambda method, path: (
        Answer(503, "ServiceUnavailable") if method == "PUT" and "/status" in path else None
    )
    behind.constrain()
    time.sleep(15)
    writes = [path for method, path in proxy.seen if method == "PUT" and "/status" in path]
    assert 2 <= len(writes) <= 8
    proxy.spoil = lambda _method, _path: None
    behind.ends(seconds=60)
    assert behind.condition("Compliant") == ("True", "WithinSetpoints")


@pytest.mark.timeout(300)  # it is a minute until the next thing that a watch should have said
def test_watches_that_say_nothing_more_are_begun_anew(behind: Shop, proxy: Proxy) -> None:
    """F5: the connections stay open. What changed meanwhile is found, the kill switch too."""
    behind.constrain()
    behind.ends(seconds=60)
    assert proxy.mute_watches() >= 5  # four of kopf's, and that of the configuration
    behind.constrain(constraints={"memory": {"maxMb": 50}})
    configure(behind.plane, behind.prometheus.url, suspended=True)
    behind.becomes("Ready", "True", "Suspended", seconds=150)
    configure(behind.plane, behind.prometheus.url)
    behind.ends(2, seconds=60)
    assert behind.condition("Compliant") == ("False", "SetpointBreached")


@pytest.mark.timeout(240)
def test_an_api_server_that_is_away_is_waited_for(behind: Shop, proxy: Proxy) -> None:
    """F4: the load goes on meanwhile; the process does not end, and nothing is begun twice when all is well again."""
    before = len(behind.node.played)
    behind.constrain()
    behind.becomes("LoadGenerated", "Unknown", "Running")
    proxy.spoil = lambda _method, _path: Cut()
    proxy.cut_watches()
    time.sleep(45)
    assert behind.operator.process is not None and behind.operator.process.poll() is None
    assert behind.operator.ask("/healthz") == 200
    proxy.spoil = lambda _method, _path: None
    run = behind.ends(seconds=120)
    assert run["number"] == 1
    assert behind.condition("Compliant") == ("True", "WithinSetpoints")
    assert len(behind.node.played) == before + 1
    assert behind.jobs() == []


@pytest.mark.timeout(240)
def test_a_full_etcd_is_waited_for(behind: Shop, proxy: Proxy) -> None:
    """F34: no write is taken. The operator stays, asks ever more rarely, and goes on once there is room."""
    before = len(behind.node.played)
    behind.constrain()
    # It waits for the last scrapes now, and has to write the result down then.
    eventually(lambda: "last scrapes" in behind.message("LoadGenerated"), 60)
    with behind.plane.store_full():
        refused = behind.plane.kubectl.attempt("annotate", "namespace", behind.namespace, "full=true")
        assert "database space exceeded" in refused.stderr
        asked = len(proxy.seen)
        time.sleep(20)
        writes = [method for method, _ in proxy.seen[asked:] if method != "GET"]
        assert 2 <= len(writes) <= 20
        assert behind.operator.ask("/healthz") == 200
    run = behind.ends(seconds=120)
    assert run["number"] == 1
    assert behind.condition("Compliant") == ("True", "WithinSetpoints")
    assert len(behind.node.played) == before + 1
    assert behind.jobs() == []
