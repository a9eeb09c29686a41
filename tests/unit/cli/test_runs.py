"""`setpoint explain` and `setpoint report` on what runs leave behind."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from setpoint.api.metrics import Metrics
from setpoint.api.reasons import Ending, Reason, Result
from setpoint.api.remedy import Outcome, Pair, Proposal, Verification
from setpoint.api.verdict import Row, Verdict
from setpoint.cli.artifacts import ArtifactStore
from setpoint.control.record import Action, Attempt, Decision, Pending, Record, Remediation, Stage

MEASURED = Metrics.model_validate(
    {"schemaVersion": 1, "signals": {"memory": {"unit": "bytes", "points": [[0, 1e8], [1, 2e8]]}}}
)
BREACHED = Verdict(
    result=Result.BREACHED,
    rows=(
        Row(
            constraint="memory",
            observed=200,
            limit=150,
            unit="MB",
            confidence=0.99,
            result=Result.BREACHED,
            reason=Reason.SETPOINT_BREACHED,
            message="memory was at most 200 MB",
        ),
    ),
)


def record(run: str, **changes) -> Record:
    """A run that measured, repaired and verified."""
    proposal = Proposal(patch="@@ -1 +1 @@\n-a\n+b\n", title="smaller", cause="a is large", proposer="playbook")
    verification = Verification(outcome=Outcome.ACCEPTED, why="memory 200 → 100 MB", control=BREACHED)
    attempt = Attempt(number=1, proposal=proposal, verification=verification, outcome=Outcome.ACCEPTED)
    decisions = (
        Decision(rule="measure_first", action=Action.START, reason="Running", message="no verdict yet", at=100.0),
        Decision(rule="accept_attempt", action=Action.END, reason="Verified", message="memory 200 → 100 MB", at=160.0),
    )
    values = {
        "remediation": Remediation(id="r1", opened_at=0, attempts=(attempt,), ended=Ending.VERIFIED, message="better"),
        "verdict": BREACHED,
        "finished": True,
        "decisions": decisions,
    } | changes
    return Record(uid="u", name="shop", generation="g", number=1, run=run, commit="c" * 40, started_at=100, **values)


@pytest.fixture
def keep(tmp_path: Path, monkeypatch) -> Callable[[Record], Path]:
    """Works in an empty folder; saves records there as `setpoint run` does."""
    monkeypatch.chdir(tmp_path)

    def _keep(value: Record) -> Path:
        folder = tmp_path / ".setpoint" / "runs" / value.run
        ArtifactStore(folder).save(value)
        (folder / "metrics.json").write_text(MEASURED.model_dump_json(by_alias=True, exclude_none=True))
        return folder

    return _keep


def test_explain_says_which_rule_won_when_and_why(keep, run):
    """One line a decision, the whole at the end."""
    keep(record("a1"))
    lines = run("explain").out.splitlines()
    assert lines == [
        "run a1 of shop at commit cccccccccccc",
        "    +0 s  measure first: no verdict yet",
        "   +60 s  accept attempt: memory 200 → 100 MB",
        "Breached: memory",
        "Verified: better",
    ]


def test_explain_as_json_has_every_decision(keep, run):
    """For other tools."""
    keep(record("a1"))
    explained = json.loads(run("explain", "a1", "--output", "json").out)
    assert explained["schemaVersion"] == 1
    assert explained["ended"] == "Verified: better"
    assert [decision["rule"] for decision in explained["decisions"]] == ["measure_first", "accept_attempt"]


def test_a_run_that_is_not_finished_says_what_is_open(keep, run):
    """Also after a crash."""
    keep(record("a1", finished=False, pending=Pending(stage=Stage.VERIFY, key="k")))
    assert run("explain").out.splitlines()[-1] == "Not finished: verify is open."


def test_report_writes_html_into_the_runs_folder_and_prints_its_path(keep, run):
    """With what was measured, also of control and candidate."""
    folder = keep(record("a1"))
    pair = Pair(control=MEASURED, candidate=MEASURED)
    (folder / "pairs").mkdir()
    (folder / "pairs" / "r1-1-verify.json").write_text(pair.model_dump_json(by_alias=True, exclude_none=True))
    said = run("report")
    assert said.code == 0
    page = Path(said.out.strip()).read_text()
    assert page.startswith("<!doctype html>")
    assert page.count("<svg") == 2
    assert "candidate: first 100, last 200" in page


@pytest.mark.parametrize(("output", "begins"), [("markdown", "**Breached: memory**"), ("junit", "<?xml")])
def test_report_prints_markdown_and_junit(keep, run, output, begins):
    """Standard output is data."""
    keep(record("a1"))
    assert run("report", "a1", "--output", output).out.startswith(begins)


def test_report_writes_where_it_is_told(keep, run, tmp_path):
    """A file, or standard output."""
    keep(record("a1"))
    assert run("report", "--file", "-").out.startswith("<!doctype html>")
    assert run("report", "--output", "junit", "--file", "out/j.xml").out == "out/j.xml\n"
    assert (tmp_path / "out" / "j.xml").read_text().startswith("<?xml")


def test_an_empty_folder_and_an_unknown_run_are_wrong_usage(keep, run):
    """With what to do instead."""
    for command in ("explain", "report"):
        said = run(command)
        assert said.code == 2
        assert "run `setpoint run CONSTRAINTS` first" in said.err
    keep(record("a1"))
    assert "no run 'zz'; write one of a1" in run("report", "zz").err


def test_damaged_artifacts_are_one_line(keep, run):
    """Half a disk failure must not become a traceback."""
    folder = keep(record("a1"))
    (folder / "metrics.json").write_text("{")
    said = run("report")
    assert said.code == 2
    assert "metrics.json:1:2: is not JSON" in said.err
    (folder / "record.json").write_text("{}")
    said = run("explain")
    assert said.code == 2
    assert "record.json is damaged" in said.err


def test_a_run_without_a_verdict_has_a_page_but_no_junit(keep, run):
    """Nothing was judged, and nothing is claimed."""
    keep(record("a1", verdict=None, remediation=None, finished=False))
    assert "no verdict" in run("report", "--file", "-").out
    assert run("report", "--output", "junit").code == 2
