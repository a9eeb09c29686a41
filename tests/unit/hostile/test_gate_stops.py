"""Hostile patches that plain rules stop, each read from the bench's folder."""

import pytest

from setpoint.api.loading import load_spec
from setpoint.repair.gate import GateRules, check


@pytest.fixture
def gate(hostility, tmp_path):
    """The gate of one service: `gate(service)(patch)` says what it has against a patch."""

    def of(service):
        tree = hostility.repository(service, tmp_path / "service")
        spec = load_spec(tree / "performance-constraints.yaml")
        rules = GateRules(paths=spec.repair.source.paths, protected=("performance-constraints.yaml", "load.js"))

        def read(path):
            return (tree / path).read_bytes() if (tree / path).is_file() else None

        return lambda patch: check(patch, rules, read).violations

    return of


def test_the_gate_stops(hostility, gate, name):
    """Whatever else it may do, it never comes to be run."""
    hostile = hostility.read(hostility.FOLDER / f"{name}.patch")
    assert gate(hostile.service)(hostile.patch)


@pytest.mark.parametrize("service", ["freight-tariff", "shop-window", "weather-board", "text-index", "currency-desk"])
def test_the_gate_lets_repairs_of_the_same_services_through(hostility, gate, service):
    """A gate that stops everything would stop these too."""
    [found] = hostility.CORPUS.glob(f"*/{service}")
    patch = (hostility.REFERENCE / f"{service}.patch").read_text()
    assert gate(found.relative_to(hostility.CORPUS).as_posix())(patch) == ()
