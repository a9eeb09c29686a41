"""Bad constraints by chance, in a real API server, beside one that is well: each of them is told why."""

import json
import time
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from apiserver.crd.asking import constraint
from apiserver.crd.specs import consistent, spoiled
from apiserver.operator.conftest import KIND, Shop, eventually
from setpoint.api.resource import API_VERSION, PLURAL
from setpoint.kube.cluster import path_of
from setpoint.kube.refusals import ClusterFailed

COUNT = 120
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def some(count: int) -> list[Any]:
    """So many specs, most of them with something wrong."""
    made: list[Any] = []

    @settings(max_examples=count, database=None, phases=[Phase.generate], suppress_health_check=QUIET)
    @given(spec=st.one_of(spoiled(), spoiled(), consistent()))
    def collect(spec: Any) -> None:
        made.append(spec)

    collect()
    return made


def applied(shop: Shop, specs: list[Any]) -> tuple[list[str], list[str]]:
    """The names of those that the API server took, and what it said of the others."""
    taken, refused = [], []
    for number, spec in enumerate(specs):
        name = f"bad-{number}"
        try:
            shop.cluster.create(path_of(API_VERSION, PLURAL, shop.namespace), constraint(spec, name))
            taken.append(name)
        except ClusterFailed as error:
            refused.append(str(error))
    return taken, refused


def test_bad_constraints_keep_no_neighbour_from_its_verdict(shop: Shop) -> None:
    """One that is applied after all of them, and looked at among them."""
    shop.deploy()
    taken, refused = applied(shop, some(COUNT))
    began = time.monotonic()
    shop.constrain("healthy")
    shop.ends(name="healthy", seconds=120)
    seconds = time.monotonic() - began
    assert shop.condition("Compliant", "healthy") == ("True", "WithinSetpoints")
    eventually(lambda: not unanswered(shop, taken), 60, lambda: str(unanswered(shop, taken)[:3]))
    assert all("spec" in said or "cannot be handled" in said for said in refused), refused
    assert len(taken) > COUNT // 10
    assert len(refused) > COUNT // 10
    assert shop.operator.ask("/healthz") == 200
    assert "Traceback" not in shop.operator.logged()
    print(f"{len(taken)} taken and answered, {len(refused)} refused; the neighbour was judged in {seconds:.0f} s")


def unanswered(shop: Shop, names: list[str]) -> list[str]:
    """Those without a condition that says how they stand, and why."""
    found = shop.plane.kubectl.json("get", KIND, "--namespace", shop.namespace)["items"]
    said = {one["metadata"]["name"]: (one.get("status") or {}).get("conditions") or [] for one in found}
    return [f"{name}: {json.dumps(said[name])}" for name in names if not _answered(said[name])]


def _answered(conditions: list[dict[str, Any]]) -> bool:
    stands = {one["type"]: one for one in conditions}
    told = all(one["reason"] and one["message"] for one in conditions)
    return told and {"Ready", "Compliant"} <= stands.keys() and stands["Compliant"]["status"] == "Unknown"
