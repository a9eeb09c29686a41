"""From a confirmed breach to a verified pull request."""

from apiserver.operator.repair.conftest import Repaired, eventually


def test_a_breach_is_repaired_step_by_step_and_nothing_is_left_behind(repaired: Repaired) -> None:
    """One branch, one pull request, which leaves draft with its table; the status shows every step."""
    repaired.apply()
    steps: list[str] = []

    def over() -> bool:
        found = repaired.remediation
        if found.get("step") and (not steps or steps[-1] != found["step"]):
            steps.append(found["step"])
        return bool(found.get("ended"))

    eventually(over, 60, lambda: str(repaired.shop.status()))
    assert repaired.remediation["ended"] == "Verified"
    assert steps[:1] == ["Diagnosing"]
    assert {"Proposing", "Publishing", "Verifying"} <= set(steps)
    assert repaired.shop.condition("Compliant") == ("False", "SetpointBreached")
    assert repaired.shop.condition("Remediating") == ("False", "Verified")
    assert repaired.shop.condition("Ready") == ("True", "Enforcing")
    forge = repaired.repairs.forge
    assert forge.names() == ["publish", "report"]
    assert not forge.draft
    assert set(forge.statuses.values()) == {"success"}
    assert "errors" in forge.body
    assert repaired.remediation["pullRequest"]["url"] == "https://git.example.com/shop/checkout/pulls/1"
    assert repaired.shop.status()["history"][0]["reason"] == "Verified"
    repaired.leaves_nothing()
