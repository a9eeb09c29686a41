"""A spec that cannot work is refused when it is applied, in words that name the field and say what is wrong."""

from typing import Any

import pytest

from apiserver.crd.asking import Collection, checkout, constraint
from setpoint.api.errors import InputError
from setpoint.api.loading import read_resource_spec
from testbed.control_plane import ControlPlane

GONE = object()
Path = str
Bad = tuple[Path, object, str, str]  # what is put where; the field that is named; what is said

BAD: dict[str, Bad] = {
    # nothing, or not what is needed
    "no target": ("target", GONE, "spec.target", "Required value"),
    "no constraints": ("constraints", GONE, "spec.constraints", "Required value"),
    "no constraint at all": ("constraints", {}, "spec.constraints", "write at least one, for example errors:"),
    "only an empty list of custom ones": ("constraints", {"custom": []}, "spec.constraints", "no constraint at all"),
    "an empty block": ("constraints.memory", {}, "spec.constraints.memory.maxMb", "Required value"),
    "no latency limit": ("constraints.latency", {}, "spec.constraints.latency", "write at least one of p50MaxMs"),
    "nothing on cardinality": ("constraints.cardinality", {}, "spec.constraints.cardinality", "cardinality is empty"),
    "unknown field": ("constraints.heap.maxSlope", 1, "spec.constraints.heap.maxSlope", "unknown field"),
    "unknown block": ("lattency", {}, "spec.lattency", "unknown field"),
    "snake_case": ("constraints.memory.max_mb", 1, "spec.constraints.memory.max_mb", "unknown field"),
    "a local target": ("target.command", ["python"], "spec.target.command", "unknown field"),
    "a list for a block": ("constraints.memory", [1], "spec.constraints.memory", "must be of type object"),
    "a text for a block": ("target", "checkout", "spec.target", "must be of type object"),
    "a text for a list": ("repair.test.command", "pytest -q", "spec.repair.test.command", "must be of type array"),
    # numbers
    "a number in quotes": (
        "constraints.memory.maxMb",
        "300",
        "spec.constraints.memory.maxMb",
        "must be of type number",
    ),
    "NaN as text": ("constraints.memory.maxMb", "NaN", "spec.constraints.memory.maxMb", "must be of type number"),
    "a flag as a number": ("constraints.memory.maxMb", True, "spec.constraints.memory.maxMb", "must be of type number"),
    "no memory": ("constraints.memory.maxMb", 0, "spec.constraints.memory.maxMb", "should be greater than 0"),
    "less than no memory": (
        "constraints.memory.maxMb",
        -1,
        "spec.constraints.memory.maxMb",
        "should be greater than 0",
    ),
    "a negative slope": (
        "constraints.heap.maxRetainedGrowthSlope",
        -0.1,
        "spec.constraints.heap.maxRetainedGrowthSlope",
        "should be greater than or equal to 0",
    ),
    "a window of nothing": (
        "constraints.heap.observationWindowMinutes",
        0,
        "spec.constraints.heap.observationWindowMinutes",
        "should be greater than 0",
    ),
    "a limit of 0 ms": ("constraints.latency.p99MaxMs", 0, "spec.constraints.latency.p99MaxMs", "greater than 0"),
    "more than all": (
        "constraints.errors.budgetPercent",
        100.5,
        "spec.constraints.errors.budgetPercent",
        "should be less than or equal to 100",
    ),
    "a rate of nothing": ("load", {"http": {"rate": 0}}, "spec.load.http.rate", "should be greater than 0"),
    "a rate of a flood": ("load", {"http": {"rate": 1e9}}, "spec.load.http.rate", "less than or equal to 100000"),
    "half an iteration": ("repair.maxIterations", 2.5, "spec.repair.maxIterations", "must be of type integer"),
    "no iteration": ("repair.maxIterations", 0, "spec.repair.maxIterations", "greater than or equal to 1"),
    "too many iterations": ("repair.escalateAfter", 51, "spec.repair.escalateAfter", "less than or equal to 50"),
    # one of a few words
    "another growth": (
        "constraints.cardinality.growthRate",
        "any",
        "spec.constraints.cardinality.growthRate",
        "bounded",
    ),
    "a mode in lower case": ("repair.mode", "verify", "spec.repair.mode", 'supported values: "Observe", "Diagnose"'),
    "a proposer nobody knows": ("repair.proposer", "gpt", "spec.repair.proposer", 'supported values: "playbook"'),
    "a method nobody knows": ("load", {"http": {"rate": 1, "method": "get"}}, "spec.load.http.method", '"GET", "POST"'),
    "a runtime nobody knows": ("telemetry.runtime", "ruby", "spec.telemetry.runtime", '"auto", "python"'),
    "an approval nobody knows": ("verify.approval", "Maybe", "spec.verify.approval", '"None", "BeforeCanary"'),
    "a flag in quotes": ("suspend", "true", "spec.suspend", "must be of type boolean"),
    # one of two, or what needs another
    "two loads": ("load.http", {"rate": 1}, "spec.load", "load needs exactly one of http and script"),
    "no load in the load": ("load.script", GONE, "spec.load", "load needs exactly one of http and script"),
    "custom without limit": (
        "constraints.custom",
        [{"name": "a", "query": "up"}],
        "spec.constraints.custom[0]",
        "needs exactly one of max and min",
    ),
    "custom with both limits": (
        "constraints.custom",
        [{"name": "a", "query": "up", "max": 2, "min": 1}],
        "spec.constraints.custom[0]",
        "needs exactly one of max and min",
    ),
    "custom twice": (
        "constraints.custom",
        [{"name": "a", "query": "up", "max": 1}, {"name": "a", "query": "up", "min": 1}],
        "spec.constraints.custom[1]",
        "Duplicate value",
    ),
    "custom without query": (
        "constraints.custom",
        [{"name": "a", "query": "", "max": 1}],
        "spec.constraints.custom[0].query",
        "at least 1 chars",
    ),
    "two revisions": (
        "repair.source.revision.imageTag",
        "{sha}",
        "spec.repair.source.revision",
        "revision needs exactly one of annotation and imageTag",
    ),
    "no revision": (
        "repair.source.revision",
        {},
        "spec.repair.source.revision",
        "exactly one of annotation and imageTag",
    ),
    "two ways to copies": ("verify.source", {"mountPath": "/app"}, "spec.verify", "verify has both image and source"),
    "nothing to make copies from": ("verify.image", GONE, "spec.verify", "repair.mode Verify needs verify.image or"),
    "no verify at all": ("verify", GONE, "spec.verify", "repair.mode Verify needs verify.image or verify.source"),
    "a repair without source": ("repair.source", GONE, "spec.repair.source", "Propose and Verify need source"),
    "a repair of nothing": ("repair.source.paths", [], "spec.repair.source.paths", "need source.paths"),
    "a repair of paths left out": ("repair.source.paths", GONE, "spec.repair.source.paths", "need source.paths"),
    "a repair without tests": ("repair.test", GONE, "spec.repair.test", "need test.command: the project's own tests"),
    "a repair without load": ("load", GONE, "spec.load", "a repair is proven under the same load"),
    "a proposer without program": ("repair.proposer", "command", "spec.repair.command", "needs command: the program"),
    "tests without a command": ("repair.test.command", [], "spec.repair.test.command", "at least 1 items"),
    # names
    "a name in capitals": ("target.deployment", "Checkout", "spec.target.deployment", "is not the name of an object"),
    "a name in letters of elsewhere": ("target.service", "käse", "spec.target.service", "is not a name"),
    "a name with a line end": ("target.service", "a\n", "spec.target.service", "is not a name"),
    "an empty name": ("target.container", "", "spec.target.container", "is not a name"),
    "a name with a dash at its end": ("target.service", "a-", "spec.target.service", "is not a name"),
    "254 characters": ("target.deployment", "a" * 254, "spec.target.deployment", "may not be more than 253"),
    "64 characters": ("target.service", "a" * 64, "spec.target.service", "may not be more than 63"),
    "another namespace": ("load.script.configMap", "other/load", "spec.load.script.configMap", "is not the name of an"),
    "a key that leaves its folder": ("load.script.key", "../k", "spec.load.script.key", "is not the name of a key"),
    "a key of dots": ("load.script.key", "..", "spec.load.script.key", "is not the name of a key"),
    "a secret elsewhere": (
        "repair.source.secretRef",
        "a/b",
        "spec.repair.source.secretRef",
        "is not the name of an object",
    ),
    "a Prometheus by its address": (
        "telemetry.prometheus",
        "http://p:9090",
        "spec.telemetry.prometheus",
        "is not a name",
    ),
    "a query of nothing we know": (
        "telemetry.queries",
        {"lag": "up"},
        "spec.telemetry.queries",
        "known are memory, heap",
    ),
    "an annotation with a space": (
        "repair.source.revision.annotation",
        "my commit",
        "spec.repair.source.revision.annotation",
        "is not the name of an annotation",
    ),
    "a time zone with dots": ("timeZone", "../etc/passwd", "spec.timeZone", "write for example Europe/Lisbon"),
    # ports
    "port 0": ("target.port", 0, "spec.target.port", "write the name or the number of the Service's port"),
    "port 65536": ("target.port", 65536, "spec.target.port", "is not a port"),
    "a port in quotes": ("target.port", "8080", "spec.target.port", "is not a port"),
    "a port of 16 letters": ("target.port", "a" * 16, "spec.target.port", "may not be more than 15"),
    "a flag as a port": ("target.port", True, "spec.target.port", "must be of type integer,string"),
    "half a port": ("target.port", 80.5, "spec.target.port", "must be of type integer,string"),
    # durations and moments
    "a duration without unit": ("load.duration", "5", "spec.load.duration", "write for example 90s, 20m or 1h30m"),
    "a duration as number": ("load.duration", 5, "spec.load.duration", "must be of type string"),
    "an empty duration": ("load.duration", "", "spec.load.duration", "is not a duration"),
    "a duration of nothing": ("load.duration", "0s", "spec.load.duration", "of more than 0s"),
    "a negative duration": ("load.warmup", "-5s", "spec.load.warmup", "is not a duration"),
    "a duration of ISO 8601": ("window", "PT5M", "spec.window", "is not a duration"),
    "a duration of years": ("window", "1y", "spec.window", "is not a duration"),
    "a duration of weeks": ("window", "169h", "spec.window", "at most 7 days"),
    "a duration of ages": ("window", "99999999999999h", "spec.window", "at most 7 days"),
    "four fields of cron": ("schedule", "0 2 * *", "spec.schedule", "five fields minute, hour, day, month, weekday"),
    "six fields of cron": ("schedule", "0 0 2 * * *", "spec.schedule", "is no schedule"),
    "a minute that never comes": ("schedule", "60 2 * * *", "spec.schedule", "is no schedule"),
    "an hour that never comes": ("schedule", "0 24 * * *", "spec.schedule", "is no schedule"),
    "a word for a schedule": ("schedule", "@daily", "spec.schedule", 'write for example "0 2 * * *"'),
    # paths, addresses, branches: what would leave where it belongs
    "a path up": ("repair.source.paths", ["src/../../x"], "spec.repair.source.paths[0]", "does not lie inside"),
    "a path from the root": (
        "repair.source.paths",
        ["src/", "/etc"],
        "spec.repair.source.paths[1]",
        "does not lie inside",
    ),
    "an empty path": ("repair.source.paths", [""], "spec.repair.source.paths[0]", "does not lie inside"),
    "51 paths": ("repair.source.paths", ["a"] * 51, "spec.repair.source.paths", "must have at most 50 items"),
    "git's own transport": (
        "repair.source.repository",
        "ext::sh -c id",
        "spec.repair.source.repository",
        "is not a repo",
    ),
    "a file": (
        "repair.source.repository",
        "file:///etc",
        "spec.repair.source.repository",
        "is not a repository's address",
    ),
    "a password in the address": (
        "repair.source.repository",
        "https://me:secret@git.example.com/a",
        "spec.repair.source.repository",
        "is not a repository's address",
    ),
    "an address with a query": (
        "repair.source.repository",
        "https://git.example.com/a?b=c",
        "spec.repair.source.repository",
        "is not a repository's address",
    ),
    "an option as branch": ("repair.source.branch", "--force", "spec.repair.source.branch", "is not a branch name"),
    "a refspec as branch": ("repair.source.branch", "a:b", "spec.repair.source.branch", "is not a branch name"),
    "a range as branch": ("repair.source.branch", "a..b", "spec.repair.source.branch", "is not a branch name"),
    "a full reference as branch": (
        "repair.source.branch",
        "refs/heads/a",
        "spec.repair.source.branch",
        "is not a branch",
    ),
    "a lock as branch": ("repair.source.branch", "a.lock", "spec.repair.source.branch", "is not a branch name"),
    "an image without commit": ("verify.image", "shop/checkout:1", "spec.verify.image", "write {sha} in it once"),
    "an option as image": ("repair.test.image", "-v", "spec.repair.test.image", "is not the name of an image"),
    "an image with a space": ("repair.test.image", "a b", "spec.repair.test.image", "is not the name of an image"),
    "a mount up": ("verify", {"source": {"mountPath": "/a/../b"}}, "spec.verify.source.mountPath", "is not a folder"),
    "a mount over all": ("verify", {"source": {"mountPath": "/"}}, "spec.verify.source.mountPath", "is not a folder"),
    "a URL as path": ("target.metrics", "http://a/metrics", "spec.target.metrics", "is not a path on the target"),
    "a path with a line end": (
        "load",
        {"http": {"rate": 1, "path": "/a\nb"}},
        "spec.load.http.path",
        "is not a path on",
    ),
    "a header of two lines": (
        "load",
        {"http": {"rate": 1, "headers": {"A": "b\r\nC: d"}}},
        "spec.load.http.headers",
        "is not the value of a header",
    ),
    "the name of a header with a colon": (
        "load",
        {"http": {"rate": 1, "headers": {"A:": "b"}}},
        "spec.load.http.headers",
        "is not the name of a header",
    ),
    # money
    "dollars as number": ("repair.budget.usd", 5, "spec.repair.budget.usd", "must be of type string"),
    "dollars with a sign": ("repair.budget.usd", "$5", "spec.repair.budget.usd", 'write for example "5.00"'),
    "no dollars": ("repair.budget.usd", "0.00", "spec.repair.budget.usd", "is not an amount of US dollars"),
    "a long query": (
        "constraints.custom",
        [{"name": "a", "query": "x" * 10_001, "max": 1}],
        "spec.constraints.custom[0].query",
        "may not be more than 10000",
    ),
    "a name for custom that no row can have": (
        "constraints.custom",
        [{"name": "A b", "query": "x", "max": 1}],
        "spec.constraints.custom[0].name",
        "is not a name",
    ),
}


def changed(path: str, value: object) -> Any:
    spec = checkout()
    *above, last = path.split(".")
    block = spec
    for part in above:
        block = block[part]
    if value is GONE:
        del block[last]
    else:
        block[last] = value
    return spec


@pytest.mark.parametrize("case", BAD)
def test_a_bad_spec_is_refused_with_its_field_and_what_is_wrong(server: Collection, case: str):
    """Nobody has to look into the operator's log."""
    path, value, field, said = BAD[case]
    answer = server.opinion(changed(path, value))
    assert answer.stored is None
    assert field in answer.message
    assert said in answer.message
    assert "should match" not in answer.message


@pytest.mark.parametrize("case", BAD)
def test_the_operator_would_refuse_it_as_well(case: str):
    """The same rules hold where an older CRD is installed."""
    path, value, _, _ = BAD[case]
    with pytest.raises(InputError):
        read_resource_spec(changed(path, value))


def test_two_faults_are_told_at_once(server: Collection):
    """Nobody wants to apply a file five times."""
    spec = changed("window", "soon")
    spec["target"]["port"] = 0
    message = server.opinion(spec).message
    assert "spec.window" in message
    assert "spec.target.port" in message


@pytest.mark.parametrize("number", [".nan", ".inf", "1e400"])
def test_a_number_that_is_none_does_not_get_past_kubectl(installed: ControlPlane, number: str):
    """YAML can write it, JSON cannot."""
    text = f"""
apiVersion: setpoint.dev/v1alpha1
kind: PerformanceConstraint
metadata: {{name: odd}}
spec:
  target: {{deployment: a, service: a, port: 80}}
  constraints: {{memory: {{maxMb: {number}}}}}
"""
    assert installed.kubectl.attempt("apply", "--filename", "-", given=text).returncode == 1
    assert installed.kubectl.attempt("get", "perfc", "odd").returncode == 1


def test_a_name_of_254_characters_is_refused(server: Collection):
    """As of any object."""
    assert "must be no more than 253" in server.opinion(checkout(), "a" * 254).message


def test_an_object_without_spec_is_refused(installed: ControlPlane):
    """It would say nothing."""
    empty = constraint({})
    del empty["spec"]
    with pytest.raises(Exception, match='missing required field "spec"'):
        installed.kubectl.apply(empty)
