"""The repaired twin of the service: within its setpoints, and left alone."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # a real load, long enough for the judge to tell growth from noise
FILE = "performance-constraints.yaml"
PATCH = Path(__file__).parents[3] / "manifests" / "demo" / "healthy.patch"


def test_the_healthy_twin_is_within_and_gets_no_repair(service):
    """Exit code 0, a table that says so, no branch and no attempt; nothing of the user's is touched."""
    service.git("apply", str(PATCH))
    service.write(
        load=service.load(duration="13s"),
        constraints={
            "memory": {"max_mb": 40},
            "heap": {"max_retained_growth_slope": 0, "smallest_effect_mb_per_hour": 2000},
            "errors": {"budget_percent": 5},
        },
    )
    service.commit()
    before = service.state()
    said = service.call("run", FILE)
    assert said.code == 0, said.err
    record = service.record()
    assert {row["constraint"]: row["result"] for row in record["verdict"]["rows"]} == {
        "memory": "Within",
        "heap.growth": "Within",
        "errors": "Within",
    }
    assert said.out.count("✓ Within") == 3
    assert "\x1b" not in said.out
    assert "remediation" not in record
    assert service.branches() == []
    assert not (service.run_folder() / "attempts").exists()
    assert (service.run_folder() / "report.html").exists()
    assert service.state() == before
    assert service.leftovers() == {}
