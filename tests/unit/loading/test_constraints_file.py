"""The constraints file: what is read, and the one clear error for everything else."""

import json
from pathlib import Path

import pytest

from setpoint.api.errors import InputError
from setpoint.api.loading import load_located_spec, load_spec

MEMORY = "constraints:\n  memory:\n    max_mb: "
LOAD = MEMORY + "300\nload: {http: {rate: 50}, duration: 60s}\n"
RESOURCE = "apiVersion: setpoint.dev/v1alpha1\nkind: PerformanceConstraint\n"
CONCEPT = """\
# performance-constraints.yaml
constraints:
  memory:
    max_mb: 300
    tolerance_percent: 5
    sustained_load_minutes: 15
  heap:
    max_retained_growth_slope: 0 # No positive slope after 20 min
    observation_window_minutes: 20
  latency:
    p99_max_ms: 120
    p90_max_ms: 80
    p50_max_ms: 40
  cardinality:
    max_unique_labels: 10000
    growth_rate: bounded # No unbounded growth
  errors:
    budget_percent: 0.1 # 99.9% success rate
"""


def test_the_concepts_own_file_loads_as_it_stands(write):
    """The first file that anybody will try."""
    spec = load_spec(write(CONCEPT, "performance-constraints.yaml"))
    assert spec.constraints.row_names() == (
        "memory",
        "heap.growth",
        "latency.p50",
        "latency.p90",
        "latency.p99",
        "cardinality.level",
        "cardinality.growth",
        "errors",
    )
    assert spec.constraints.memory is not None
    assert spec.constraints.memory.max_mb == 300
    assert spec.constraints.errors is not None
    assert spec.constraints.errors.budget_percent == 0.1


def test_each_row_knows_the_line_of_its_limit(write):
    """Annotations in a code review point there."""
    text = CONCEPT + "  cpu: {maxSaturationPercent: 80}\n  custom:\n    - name: queue\n      query: up\n      max: 1\n"
    lines = load_located_spec(write(text)).lines
    assert lines == {
        "memory": 4,
        "heap.growth": 8,
        "latency.p99": 11,
        "latency.p90": 12,
        "latency.p50": 13,
        "cardinality.level": 15,
        "cardinality.growth": 16,
        "errors": 18,
        "cpu": 19,
        "custom.queue": 21,
    }


def test_json_in_a_yaml_file_is_read(write):
    """Other tools write JSON, and JSON is YAML."""
    content = json.dumps(
        {"constraints": {"memory": {"max_mb": 300}, "custom": [{"name": "a", "query": "ü", "max": 1}]}}
    )
    assert load_spec(write(content)).constraints.row_names() == ("memory", "custom.a")


def test_camel_case_and_snake_case_are_the_same(write):
    """Files take both; the custom resource is camelCase."""
    snake, camel = "{latency: {p99_max_ms: 120}}", "{latency: {p99MaxMs: 120}}"
    assert load_spec(write(f"constraints: {snake}")) == load_spec(write(f"constraints: {camel}"))


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(write):
    """Editors write them."""
    assert load_spec(write("\ufeff" + CONCEPT.replace("\n", "\r\n"))) == load_spec(write(CONCEPT))


def test_a_custom_resource_in_a_file_is_read_for_its_constraints(write):
    """The same file serves kubectl and the command line."""
    located = load_located_spec(
        write(RESOURCE + "spec:\n  schedule: '0 2 * * *'\n  constraints: {memory: {maxMb: 3}}\n")
    )
    assert located.spec.constraints.row_names() == ("memory",)
    assert located.lines == {"memory": 5}


@pytest.mark.parametrize(("written", "value"), [("1e3", 1000), ("300.", 300), ("+3", 3), (".5", 0.5), ("9" * 40, 1e40)])
def test_a_number_is_read_as_yaml_1_2_reads_it(write, written, value):
    """In YAML 1.1 some of these are text."""
    spec = load_spec(write(MEMORY + written))
    assert spec.constraints.memory is not None
    assert spec.constraints.memory.max_mb == value


def test_words_that_yaml_1_1_takes_for_booleans_stay_text(write):
    """`on` is a fine name of a constraint."""
    spec = load_spec(write("constraints: {custom: [{name: on, query: yes, max: 1}]}"))
    assert spec.constraints.custom[0].name == "on"
    assert spec.constraints.custom[0].query == "yes"


def test_limits_that_make_others_needless_are_read(write):
    """A p50 limit above the p90 limit, or two cores' worth of CPU, can be judged."""
    spec = load_spec(
        write("constraints: {latency: {p50_max_ms: 40, p90_max_ms: 20}, cpu: {max_saturation_percent: 190}}")
    )
    assert spec.constraints.row_names() == ("latency.p50", "latency.p90", "cpu")


SYNTAX = {
    "empty file": ("", "c.yaml: is empty"),
    "only comments": ("# nothing\n\n# here\n", "c.yaml: is empty"),
    "two documents": (MEMORY + "1\n---\na: 1\n", "c.yaml:4: a second document"),
    "duplicate key": (MEMORY + "1\n    max_mb: 2\n", "c.yaml:4: constraints.memory: max_mb stands there twice"),
    "one key in two spellings": (MEMORY + "1\n    maxMb: 2\n", "max_mb stands there twice, once spelled maxMb"),
    "tab": ("constraints:\n\tmemory: 1\n", "c.yaml:2: is not valid YAML: a tab"),
    "UTF-16": ("constraints: {}".encode("utf-16"), "c.yaml: is UTF-16; save it as UTF-8"),
    "invalid UTF-8": (b"a: 1\nb: \xe9\n", "c.yaml:2: is not UTF-8"),
    "NUL": (MEMORY + "\0", "c.yaml:3: holds a NUL"),
    "control character": (MEMORY + "\a", "c.yaml:3: is not text: it holds the control character 7"),
    "alias": ("a: &a 1\nb: *a\n", "c.yaml:1: a: anchors and aliases"),
    "alias bomb": (
        "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
        "anchors and aliases",
    ),
    "python tag": (MEMORY + "!!python/object:os.system x", "the tag 'tag:yaml.org,2002:python/object:os.system'"),
    "deep nesting": ("[" * 100_000, "nested more than 32 deep"),
    "larger than 1 MiB": ("#" * (1024 * 1024 + 1), "is larger than 1 MiB"),
    "10 MB": ("a: 1\n" * 2_000_000, "is larger than 1 MiB"),
    "a list": ("[1]", "c.yaml:1: does not hold fields"),
    "a scalar": ("hello", "c.yaml:1: does not hold fields"),
    "a list as key": ("? [a]\n: 1\n", "a key is not plain text"),
    "open quote": (MEMORY + '"3', "a quote is opened and never closed"),
    "open brace": ("{constraints: {memory: {max_mb: 1}", "a closing } is missing"),
    "colon in a value": ("a: b: c", "c.yaml:1: is not valid YAML: a colon"),
    "at sign": ("a: @b", "put the value in quotes"),
    "unknown directive": ("%FOO\n---\na: 1", "c.yaml:1: is not valid YAML"),
}
NUMBERS = {
    "on": "on is not a number",
    "true": "a number is needed here, not true or false",
    "0777": "0777 is read as octal by some tools; write 777",
    "0o17": "0o17 is not a decimal number",
    "0x1F": "0x1F is not a decimal number",
    "1_000": "1_000 is not a number; write 1000",
    "12:30": "12:30 is not a number",
    ".inf": ".inf is not a finite number",
    ".nan": ".nan is not a finite number",
    "1e309": "1e309 is not a finite number",
    "9" * 5000: "is not a finite number",
    "~": "has no value",
    "": "has no value",
    "null": "has no value",
    "'300'": "300 is text here; write 300 without quotes",
    "300MB": "300MB is not a number; write the number alone; its unit is in the field's name",
    "0.25s": "0.25s is not a number; write the number alone",
    "0": "0 is too small; write more than 0",
    "-0": "-0 is too small; write more than 0",
    "-5": "-5 is too small; write more than 0",
    "[1]": "a number is needed here, not a block",
    "{a: 1}": "a number is needed here, not a block",
}
FIELDS = {
    "no constraints": ("load: {}\n", "c.yaml:1: constraints is missing"),
    "empty constraints": ("constraints: {}\n", "no constraint at all"),
    "lost indentation": ("constraints:\nmemory:\nmax_mb: 3\n", "c.yaml:1: constraints: has no value"),
    "no constraints key": ("memory: {max_mb: 3}\n", "constraints is missing"),
    "typo": (MEMORY + "1\n    tolerence_percent: 5\n", "c.yaml:4: constraints.memory: unknown field tolerence_percent"),
    "typo, what was meant": (MEMORY + "1\n    tolerence_percent: 5\n", "did you mean tolerance_percent?"),
    "camelCase typo": ("constraints: {memory: {maxMB: 1}}", "unknown field maxMB; did you mean maxMb?"),
    "far from all": ("constraints: {zzz: 1}", "known here: memory, heap, latency"),
    "list for block": ("constraints: {memory: []}", "constraints.memory: a block of fields is needed here, not a list"),
    "block for list": ("constraints: {custom: {}}", "constraints.custom: a list is needed here"),
    "budget over 100": ("constraints: {errors: {budget_percent: 101}}", "101 is too large; write 100 or less"),
    "other word": ("constraints: {cardinality: {growth_rate: none}}", "none is not known here; write 'bounded'"),
    "two limits": ("constraints: {custom: [{name: a, query: up, max: 1, min: 0}]}", "exactly one of max and min"),
    "one name twice": (
        "constraints: {custom: [{name: a, query: x, max: 1}, {name: a, query: y, max: 2}]}",
        "custom constraint a stands there twice",
    ),
    "501 of them": (
        f"constraints: {{custom: [{'{name: a, query: x, max: 1}, ' * 501}]}}",
        "constraints.custom: has more than 100 entries",
    ),
    "empty query": ("constraints: {custom: [{name: a, query: '', max: 1}]}", "constraints.custom[0].query: is empty"),
    "long query": (f"constraints: {{custom: [{{name: a, query: {'x' * 100_000}, max: 1}}]}}", "longer than 10000"),
    "rate 0": (LOAD.replace("50", "0"), "c.yaml:4: load.http.rate: 0 is too small"),
    "rate 10^9": (LOAD.replace("50", "1e9"), "load.http.rate: 1e9 is too large; write 100,000 or less"),
    "whole number": (LOAD + "repair: {max_iterations: 2.5}", "2.5 is not a whole number"),
    "true for a count": (LOAD + "repair: {max_iterations: true}", "repair.max_iterations: true is not a number"),
    "command as text": (LOAD + "target: {command: python app.py}", "target.command: a list is needed here"),
    "number as text": (LOAD + "target: {command: [python, 8000]}", 'put it in quotes: "8000"'),
    "header in two": (
        MEMORY + '3\nload: {http: {rate: 1, headers: {"A B": c}}}',
        "c.yaml:4: load.http.headers.A B: 'A B' is not the name of a header",
    ),
    "broken escape": (MEMORY + "3\nload: {http: {rate: 1, path: /100%/x}}", "%25 for a % that starts no escape"),
    "unknown mode": (LOAD + "repair: {mode: verify}", "verify is not known here; write 'Observe'"),
    "no paths": (LOAD + "repair: {mode: Verify}", "repair.mode Verify needs source.paths"),
    "path outside": (LOAD + "repair: {source: {paths: [../other]}}", "'../other' does not lie inside the repository"),
    "branch as option": (LOAD + "repair: {source: {branch: --force}}", "'--force' is not a branch name"),
    "two kinds of load": (MEMORY + "3\nload: {http: {rate: 1}, script: a.js}", "exactly one of http and script"),
    "other apiVersion": ("apiVersion: v1\nkind: PerformanceConstraint\n", "c.yaml:1: apiVersion: v1 is not read here"),
    "other kind": (RESOURCE.replace("Constraint", "Test"), "c.yaml:2: kind: PerformanceTest is not read here"),
    "no apiVersion": ("kind: PerformanceConstraint\n", "apiVersion: is missing; write setpoint.dev/v1alpha1"),
    "resource without spec": (RESOURCE, "spec.constraints is missing"),
    "fault in a resource": (
        RESOURCE + "spec:\n  constraints: {memory: {maxMb: 0}}",
        "c.yaml:4: spec.constraints.memory.maxMb",
    ),
}
NAMES = ["A", "ü", "a-", "-a", "a/b", "..", "x" * 64, "a b"]
DURATIONS = ["0s", "-5m", "1y", "5 m", "PT5M", "292y", "5", "''", "8d", "1000h"]


def refusal(path: Path) -> str:
    """The message that refuses the file at `path`, its further problems below it."""
    with pytest.raises(InputError) as caught:
        load_spec(path)
    return "\n".join([str(caught.value), *getattr(caught.value, "__notes__", ())])


@pytest.mark.parametrize("case", SYNTAX)
def test_text_that_is_not_our_yaml_is_refused_with_its_line(write, case):
    """Section by section of the list of bad inputs."""
    content, said = SYNTAX[case]
    assert said in refusal(write(content))


@pytest.mark.parametrize("written", NUMBERS)
def test_what_is_not_a_number_is_refused_with_what_to_write(write, written):
    """The traps of YAML 1.1, units, and thresholds that cannot be."""
    message = refusal(write(MEMORY + written))
    assert NUMBERS[written] in message
    assert "c.yaml:3: constraints.memory.max_mb: " in message


@pytest.mark.parametrize("case", FIELDS)
def test_fields_that_do_not_fit_are_refused_in_plain_words(write, case):
    """No word of the validation library reaches the user."""
    content, said = FIELDS[case]
    message = refusal(write(content))
    assert said in message
    assert "nput should" not in message
    assert "xtra inputs" not in message


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_no_branch_or_label_could_carry_is_refused(write, name):
    """Names go into branches, files and metric labels."""
    assert "is not a name" in refusal(write(f"name: {name!r}\n{MEMORY}3")) or len(name) == 64
    assert refusal(write(f"name: {name!r}\n{MEMORY}3")).count("c.yaml:1: name: ") == 1


@pytest.mark.parametrize("duration", DURATIONS)
def test_a_duration_that_nobody_could_run_is_refused(write, duration):
    """Durations have a unit, are longer than nothing and shorter than a week."""
    assert "c.yaml:4: load.duration: " in refusal(write(LOAD.replace("60s", duration)))


def test_all_problems_are_told_at_once_in_the_order_of_the_file(write):
    """Nobody wants to correct a file five times."""
    message = refusal(write(MEMORY + "x\n  heap: {}\n  lattency: 3\nload: {duration: 5 m}\nname: A\n"))
    lines = message.splitlines()
    assert [line.split(":")[1] for line in lines] == ["3", "4", "5", "6", "7"]


def test_of_many_problems_five_are_told_and_the_rest_counted(write):
    """A wrong file must not flood the terminal."""
    lines = refusal(write(MEMORY + "3\n" + "".join(f"x{number}: 1\n" for number in range(9)))).splitlines()
    assert len(lines) == 6
    assert lines[-1] == "and 4 more"


@pytest.mark.parametrize("path", ["/nowhere/c.yaml", "/tmp", "a\0b", "x" * 5000])
def test_a_file_that_cannot_be_opened_is_one_error(path):
    """Missing, a folder, or no path at all."""
    with pytest.raises(InputError, match="cannot be read"):
        load_spec(Path(path))


def test_an_endless_file_is_refused_without_reading_it():
    """/dev/zero never ends."""
    with pytest.raises(InputError, match="is larger than 1 MiB"):
        load_spec(Path("/dev/zero"))


def test_a_message_stays_on_one_line_whatever_was_written(write):
    """Control characters and long texts of the file do not get onto the terminal."""
    message = refusal(write('constraints: {"a\\e[31m\\n\\u202e' + "x" * 300 + '": 1}'))
    assert message.isprintable()
    assert len(message) < 300
