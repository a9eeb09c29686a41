"""The operator, with a constraint whose breaches may be repaired, and the pods of a repair as a test scripts them."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from apiserver.operator import conftest as operator_suite
from apiserver.operator.conftest import Shop
from apiserver.scripted import loads
from apiserver.scripted.node import serves
from apiserver.scripted.repairs import COMMIT, PATCH, Repairs, proposal

REPOSITORY = "https://git.example.com/shop/checkout.git"
FORGES = {"git.example.com": {"kind": "gitea"}}
ALLOWED = {"repositories": ["https://git.example.com/*"], "forges": FORGES, "allowUnenforcedNetwork": True}


def eventually(look: Callable[[], bool], seconds: float, shown: Callable[[], str] = lambda: "") -> None:
    """Wait until something is so: a repair is a dozen pods, and a busy machine takes its time for each."""
    operator_suite.eventually(look, 2 * seconds, shown)


class Repaired:
    """A shop whose requests fail by a fifth, and a constraint that lets it be repaired."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.repairs = Repairs(shop.cluster)

    def apply(self, mode: str = "Verify", **changes: Any) -> None:
        """Apply the constraint; `changes` are of its spec."""
        source = {"repository": REPOSITORY, "branch": "main", "paths": ["app.py"], "secretRef": "checkout-git"}
        repair = {
            "mode": mode,
            "source": {**source, "revision": {"imageTag": "{sha}"}},
            "test": {"command": ["python", "-m", "unittest"]},
            **changes.pop("repair", {}),
        }
        self.shop.constrain(
            repair=repair,
            verify=_set({"source": {"mountPath": "/app"}, **changes.pop("verify", {})}),
            **{"constraints": {"errors": {"budgetPercent": 1}}, **changes},
        )

    @property
    def remediation(self) -> dict[str, Any]:
        """What the status says of it."""
        return self.shop.status().get("remediation") or {}

    def held_at(self, role: str) -> threading.Event:
        """Apply it, and wait until a pod of that role works; it goes on when the event is set."""
        right, go_on = self.repairs.answers[role], threading.Event()

        def answer(order: dict[str, Any], key: str) -> Any:
            go_on.wait(600)
            return right(order, key)

        self.repairs.answers[role] = answer
        self.apply()
        eventually(lambda: role in self.repairs.seen, 60, lambda: str(self.shop.status()))
        return go_on

    def ends(self, seconds: float = 60) -> dict[str, Any]:
        """Wait until the remediation has ended; it."""
        eventually(lambda: bool(self.remediation.get("ended")), seconds, lambda: str(self.shop.status()))
        return self.remediation

    def reaches(self, step: str, seconds: float = 40) -> None:
        """Wait until it is at that step."""
        eventually(lambda: self.remediation.get("step") == step, seconds, lambda: str(self.shop.status()))

    def left(self) -> list[str]:
        """What of a repair is in the namespace, but for records and results."""
        kept = ("record", "result", "people")
        found = self.shop.managed("setpoint.dev/remediation")
        return [about for about, labels in found if labels["setpoint.dev/role"] not in kept]

    def leaves_nothing(self) -> None:
        """Everything of it is gone, soon."""
        eventually(lambda: not self.left(), 20, lambda: str(self.left()))


@pytest.fixture
def repaired(shop: Shop) -> Iterator[Repaired]:
    """Deployed, failing, and allowed to be repaired."""
    made = Repaired(shop)
    shop.node.others = made.repairs.play
    shop.node.load = loads.completes(failed=600)
    shop.configure(**ALLOWED)
    shop.deploy(image=f"checkout:{COMMIT}")
    yield made
    shop.node.others = serves


def _set(found: dict[str, Any]) -> dict[str, Any]:
    """Without what is None."""
    return {name: value for name, value in found.items() if value is not None}


def numbered(repaired: Repaired) -> None:
    """Each attempt proposes another change."""

    def answer(order, key):
        number = int(key.split("-")[1])
        return proposal(PATCH.replace("repaired", f"repaired{number}"), f"try {number}")

    repaired.repairs.answers["agent"] = answer
