"""The spec of a stored custom resource: what is read, and the one clear error for everything else."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from setpoint.api.errors import InputError
from setpoint.api.loading import read_resource_spec

CHECKOUT = """\
target: {deployment: checkout, service: checkout, port: http}
load:
  script: {configMap: checkout-load, key: script.js}
  warmup: 30s
  duration: 20m
schedule: "0 2 * * *"
constraints:
  memory: {maxMb: 300, tolerancePercent: 5, sustainedLoadMinutes: 15}
  heap: {maxRetainedGrowthSlope: 0, observationWindowMinutes: 20}
  latency: {p99MaxMs: 120, p90MaxMs: 80, p50MaxMs: 40}
  cardinality: {maxUniqueLabels: 10000, growthRate: bounded}
  errors: {budgetPercent: 0.1}
telemetry: {prometheus: default, runtime: auto}
repair:
  mode: Verify
  source:
    repository: https://git.example.com/shop/checkout.git
    branch: main
    paths: [src/]
    secretRef: checkout-git
    revision: {annotation: example.com/commit}
  test: {command: [pytest, -q], image: registry.example.com/shop/tests:1}
  proposer: anthropic
  maxIterations: 5
  escalateAfter: 3
  budget: {usd: "5.00"}
verify:
  image: "registry.example.com/shop/checkout:{sha}"
  load: {duration: 5m}
  approval: None
  allow: {secrets: [], configMaps: [], volumes: []}
suspend: false
"""


def checkout() -> dict[str, Any]:
    """The contract's own example."""
    return yaml.safe_load(CHECKOUT)


def holds(larger: Any, smaller: Any) -> bool:
    """Whether all that stands in one JSON value stands in the other, too."""
    if isinstance(smaller, dict):
        return all(key in larger and holds(larger[key], value) for key, value in smaller.items())
    return larger == smaller


def refusal(spec: Any) -> str:
    with pytest.raises(InputError) as caught:
        read_resource_spec(spec)
    return str(caught.value)


def test_the_contracts_own_example_is_read_whole():
    """What comes out again holds all that went in."""
    spec = read_resource_spec(checkout())
    assert holds(spec.to_json(), checkout())
    assert spec.load is not None
    assert (spec.load.warmup, spec.load.duration, spec.verify.load.duration) == (30, 1200, 300)


BAD: dict[str, tuple[tuple[str, ...], object, str]] = {
    "a number that is too small": (
        ("constraints", "heap", "maxRetainedGrowthSlope"),
        -1,
        "spec.constraints.heap.maxRetainedGrowthSlope: -1 is too small; write 0 or more",
    ),
    "no latency limit": (
        ("constraints", "latency"),
        {},
        "spec.constraints.latency: latency has no limit; write at least one of p50MaxMs, p90MaxMs, p99MaxMs",
    ),
    "no constraint": (("constraints",), {}, "spec.constraints: no constraint at all"),
    "a field of a file, not of the resource": (
        ("target", "command"),
        ["a"],
        "spec.target: command does not belong here",
    ),
    "an unknown field at the top": (("windows",), "20m", "spec: unknown field windows; did you mean window?"),
    "snake_case beside camelCase": (
        ("constraints", "memory", "max_mb"),
        3,
        "spec.constraints.memory: unknown field max_mb; did you mean maxMb?",
    ),
    "a port in quotes": (("target", "port"), "8080", "spec.target.port: '8080' is not a port; write the name or"),
    "a port that cannot be": (("target", "port"), 65536, "spec.target.port: 65536 is not a port"),
    "a flag as a port": (("target", "port"), True, "spec.target.port: a port is needed here"),
    "no duration": (("window",), "soon", "spec.window: 'soon' is not a duration; write for example 90s"),
    "a block that is missing": (("constraints",), None, "spec.constraints: a block of fields is needed here"),
}


@pytest.mark.parametrize(("path", "value", "said"), BAD.values(), ids=BAD.keys())
def test_what_cannot_work_is_one_error_that_names_the_field(path, value, said):
    """The operator puts it into the condition Stalled."""
    spec = checkout()
    *above, last = path
    block = spec
    for part in above:
        block = block[part]
    block[last] = value
    assert said in refusal(spec)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3),
    max_leaves=6,
)


@given(key=st.sampled_from(sorted(checkout())), value=JSON)
def test_any_block_of_any_kind_is_a_spec_or_one_error(key, value):
    """Also what no API server would keep."""
    said = ""
    try:
        read_resource_spec({**checkout(), key: value})
    except InputError as error:
        said = str(error)
    assert not said or (said.startswith("spec") and said.isprintable())
