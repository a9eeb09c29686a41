"""The bench's own truth: hidden tests fail on each faulty service and pass with its reference fix."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).parent
TRUTH = yaml.safe_load((HERE / "truth.yaml").read_text())
REPAIRABLE = [service for service, truth in TRUTH.items() if truth["end"] == "repaired"]


@pytest.fixture(scope="module")
def bench():
    """The bench's modules, which are scripts beside each other."""
    sys.path.insert(0, str(HERE))
    try:
        yield {name: importlib.import_module(name) for name in ("running", "judging")}
    finally:
        sys.path.remove(str(HERE))


def test_every_service_of_the_corpus_has_its_truth(bench):
    """A service without an expectation would not be counted."""
    corpus = bench["running"].CORPUS
    assert sorted(TRUTH) == sorted(
        file.parent.relative_to(corpus).as_posix() for file in corpus.glob("*/*/performance-constraints.yaml")
    )


@pytest.mark.slow
@pytest.mark.parametrize("service", REPAIRABLE)
def test_hidden_tests_tell_the_fault_from_its_repair(bench, service, tmp_path):
    """What accepts both, or neither, judges nothing."""
    place = bench["running"].repository(service, tmp_path / "service")
    assert bench["judging"].hidden_fault(service, place)
    patch = HERE / "reference" / f"{service.rpartition('/')[2]}.patch"
    subprocess.run(["git", "apply", patch], cwd=place, check=True)
    assert bench["judging"].hidden_fault(service, place) == ""
