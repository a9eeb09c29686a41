"""metrics.json: any tool may have written it; only its shape is refused."""

import io
import json
import math
import sys
from pathlib import Path

import pytest

from setpoint.api.errors import InputError
from setpoint.api.loading import load_metrics

LEAST = {"schemaVersion": 1, "signals": {}}


def test_a_subset_written_by_another_tool_is_read(write):
    """Unknown entries are left alone, absent ones are absent."""
    metrics = load_metrics(write(json.dumps(LEAST | {"madeBy": "something else"}), "metrics.json"))
    assert metrics.signals.memory is None


def test_values_that_are_not_finite_are_read_as_such(write):
    """Whether they can be judged is the judge's question."""
    text = '{"schemaVersion": 1, "signals": {"latency": {"samples": [NaN, "NaN", null, 1e999, -3]}}}'
    latency = load_metrics(write(text)).signals.latency
    assert latency is not None
    assert latency.samples is not None
    assert [math.isfinite(sample) for sample in latency.samples] == [False, False, False, False, True]


def test_a_number_of_5000_digits_is_read(write):
    """Python refuses to make an int of it; it is a float beyond all."""
    text = '{"schemaVersion": 1, "signals": {"errors": {"failed": 0, "total": ' + "9" * 5000 + "}}}"
    errors = load_metrics(write(text)).signals.errors
    assert errors is not None
    assert errors.total == math.inf


def test_a_dash_reads_standard_input(monkeypatch):
    """`capture | check - constraints.yaml`."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(LEAST).encode())))
    assert load_metrics(Path("-")).schema_version == 1


REFUSED = {
    "empty": ("", "m.json: is empty"),
    "blank": (" \n", "m.json: is empty"),
    "cut off": ('{"schemaVersion": 1,\n "signals"', "m.json:2:11: is not JSON"),
    "text after the end": ('{"schemaVersion": 1, "signals": {}} x', "m.json:1:37: is not JSON"),
    "a list": ("[]", "does not hold a JSON object"),
    "twice the same key": ('{"schemaVersion": 1, "signals": {"cpu": {}, "cpu": {}}}', "cpu stands twice in one object"),
    "newer version": ('{"schemaVersion": 2, "signals": {}}', "schemaVersion 2 is not known"),
    "no version": ('{"signals": {}}', "m.json: schemaVersion is missing"),
    "no signals": ('{"schemaVersion": 1}', "m.json: signals is missing"),
    "text as a value": (
        '{"schemaVersion": 1, "signals": {"memory": {"points": [[1, 2], [1, "x"]]}}}',
        "m.json: signals.memory.points[1][1]: a number is needed here",
    ),
    "a point of three": (
        '{"schemaVersion": 1, "signals": {"memory": {"points": [[1, 2, 3]]}}}',
        "signals.memory.points[0]: has more than 2 entries",
    ),
    "unknown reason": (
        '{"schemaVersion": 1, "signals": {}, "faults": [{"signal": "cpu", "reason": "Bored"}]}',
        "faults[0].reason: Bored is not known here",
    ),
    "nested too deeply": ("[" * 100_000, "nested too deeply"),
    "not UTF-8": (b'{"a": "\xe9"}', "m.json:1: is not UTF-8"),
    "UTF-16": ("{}".encode("utf-16"), "is UTF-16"),
    "NUL": ("{\0}", "holds a NUL character"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_a_metrics_file_is_refused_with_its_place(write, case):
    """One line: file, position or field, what is wrong."""
    content, said = REFUSED[case]
    with pytest.raises(InputError) as caught:
        load_metrics(write(content, "m.json"))
    assert said in str(caught.value)
    assert str(caught.value).isprintable()


def test_exchanged_arguments_are_recognised(write):
    """`check constraints.yaml metrics.json` is the likeliest mistake."""
    with pytest.raises(InputError, match="METRICS comes before CONSTRAINTS"):
        load_metrics(write("constraints: {}", "performance-constraints.yaml"))


def test_a_missing_file_is_one_error():
    """The path, and why it cannot be read."""
    with pytest.raises(InputError, match=r"/nowhere/m\.json: cannot be read: No such file"):
        load_metrics(Path("/nowhere/m.json"))
