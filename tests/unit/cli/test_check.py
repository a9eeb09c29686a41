"""`setpoint check`: three verdicts, five formats, and files that are not what they should be."""

import json
from xml.etree import ElementTree

import pytest

OUTPUTS = ["table", "json", "markdown", "junit", "github"]
VERDICTS = {
    "Within": ({"failed": 2, "slow": 8}, 0),
    "Breached": ({"failed": 400, "slow": 8}, 1),
    "Inconclusive": ({"failed": 40, "slow": 8}, 3),
}


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("verdict", VERDICTS)
def test_the_exit_code_is_the_verdicts_in_every_format(files, run, verdict, output):
    """A pipeline reads the code, whatever people read."""
    measured, code = VERDICTS[verdict]
    files(**measured)
    said = run("check", "m.json", "c.yaml", "--output", output)
    assert said.code == code
    assert said.err == ""


def test_json_is_the_verdict_as_the_contract_has_it(files, run):
    """Other tools match on it."""
    files(failed=400)
    verdict = json.loads(run("check", "m.json", "c.yaml", "--output", "json").out)
    assert (verdict["schemaVersion"], verdict["result"]) == (1, "Breached")
    rows = {row["constraint"]: row for row in verdict["rows"]}
    assert rows.keys() == {"errors", "latency.p99"}
    assert rows["errors"]["observed"] == pytest.approx(10)
    assert rows["errors"].keys() >= {"limit", "unit", "interval", "confidence", "samples", "reason", "message"}


def test_a_table_fits_the_terminal_and_has_no_colour_in_a_pipe(files, run, monkeypatch):
    """80 columns where nothing tells, COLUMNS where it is set."""
    files(failed=400)
    for columns in ("80", "20"):
        monkeypatch.setenv("COLUMNS", columns)
        said = run("check", "m.json", "c.yaml")
        assert max(map(len, said.out.splitlines())) <= max(int(columns), 40)
        assert "\x1b" not in said.out
        assert "Breached: errors" in said.out


def test_github_annotations_point_at_the_line_of_the_limit(files, run):
    """A breach is an error, an undecided row a warning."""
    files(failed=400, slow=40)
    first, second, last = run("check", "m.json", "c.yaml", "--output", "github").out.splitlines()
    assert first.startswith("::warning file=c.yaml,line=4,title=latency.p99 Inconclusive::NotDecided: ")
    assert second.startswith("::error file=c.yaml,line=2,title=errors Breached::SetpointBreached: ")
    assert last == "Breached: errors"


def test_junit_has_a_case_for_each_row_and_none_passes_silently(files, run):
    """Breached is a failure, Inconclusive an error."""
    files(failed=400, slow=40)
    suite = ElementTree.fromstring(run("check", "m.json", "c.yaml", "--output", "junit").out).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "1")
    assert {case.get("name"): case[0].tag for case in suite} == {"errors": "failure", "latency.p99": "error"}


def test_markdown_is_a_table_with_what_the_rows_say(files, run):
    """For a comment or a step summary."""
    files(failed=400)
    lines = run("check", "m.json", "c.yaml", "--output", "markdown").out.splitlines()
    assert lines[0] == "**Breached: errors**"
    assert lines[2] == "| Constraint | Observed | Limit | Interval | Result |"
    assert any(line.startswith("- errors: ") for line in lines)


def test_metrics_come_from_standard_input_too(files, process, tmp_path):
    """`setpoint capture c.yaml | setpoint check - c.yaml`."""
    said = process("check", "-", "c.yaml", input=(tmp_path / "m.json").read_text())
    assert said.returncode == 0, said.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["m.json", "nowhere.yaml"], "nowhere.yaml: cannot be read: No such file or directory"),
        (["nowhere.json", "c.yaml"], "nowhere.json: cannot be read: No such file or directory"),
        (["c.yaml", "m.json"], "c.yaml:1:1: is not JSON: Expecting value; METRICS comes before CONSTRAINTS"),
        (["m.json", "m.json"], "m.json:1: constraints is missing; write it"),
        ([".", "c.yaml"], "cannot be read: Is a directory"),
        (["m.json"], "check: the following arguments are required: CONSTRAINTS"),
        (["m.json", "c.yaml", "more"], "check: more is not known; see setpoint check --help"),
        (["m.json", "c.yaml", "--outptu", "json"], "check: --outptu is not known; see setpoint check --help"),
        (["m.json", "c.yaml", "--output", "xml"], "check: argument --output: invalid choice: 'xml'"),
        (["m.json", "c.yaml", "--output", "json", "--output", "table"], "check: --output is given twice"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_2(files, run, words, said):
    """What is wrong, where, and what to write."""
    result = run("check", *words)
    assert result.code == 2
    assert result.out == ""
    assert said in result.err
    assert all(line.startswith("setpoint: ") for line in result.err.splitlines())


@pytest.mark.parametrize("signals", ["{}", '{"errors": {"failed": -1, "total": 10}}', '{"errors": {"total": null}}'])
def test_metrics_that_cannot_be_judged_are_inconclusive(files, run, tmp_path, signals):
    """Unknown is never a pass, and never a crash."""
    (tmp_path / "m.json").write_text(f'{{"schemaVersion": 1, "signals": {signals}}}')
    assert run("check", "m.json", "c.yaml").code == 3


def test_hostile_names_stay_text_in_every_format(files, run, tmp_path):
    """A label, an instance, a fault's message: all of it may have come from the target."""
    evil = "\x1b[31m\u202eevil\r\n::error::x | `@root` <img src=x> %0A"
    fault = {"signal": "errors", "reason": "QueryFailed", "message": evil}
    (tmp_path / "m.json").write_text(json.dumps({"schemaVersion": 1, "signals": {}, "faults": [fault]}))
    for output in OUTPUTS:
        out = run("check", "m.json", "c.yaml", "--output", output).out
        assert "\x1b" not in out
        assert "\u202e" not in out or output == "json"
        assert not any(line.startswith("::error::x") for line in out.splitlines())
        if output == "markdown":
            assert "<img" not in out
            assert "@root" not in out
        if output == "junit":
            ElementTree.fromstring(out)
