"""Which run goes on when `setpoint run` is called again, and under which ids."""

from pathlib import Path

import pytest

from setpoint.api.reasons import Ending
from setpoint.cli.runs import REPORT, at_work, begin, records, resume, uid_of
from setpoint.control.files import FileStore
from setpoint.control.record import Action, Decision, Record

FINISH = Decision(action=Action.FINISH, reason="WithinSetpoints", message="every setpoint is met")


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """An empty folder of runs."""
    return tmp_path / "runs"


def begun(runs: Path, commit: str = "c1", generation: str = "g1", now: float = 1.0) -> Record:
    return begin(runs, "uid", "shop", generation, commit, now)


def finish(runs: Path, record: Record, *, report: bool) -> None:
    ended = record.model_copy(update={"finished": True, "decisions": (FINISH,)})
    FileStore(runs / record.run).save(ended)
    if report:
        (runs / record.run / REPORT).write_text("<html>")


def test_an_interrupted_run_goes_on(runs):
    """Same constraints, same commit."""
    record = begun(runs)
    assert resume(runs, "uid", "g1", "c1") == record


@pytest.mark.parametrize(("generation", "commit"), [("g2", "c1"), ("g1", "c2")])
def test_a_change_begins_afresh(runs, generation, commit):
    """What was measured is of the past; the interrupted run is closed and never goes on, also after a change back."""
    first = begun(runs)
    assert resume(runs, "uid", generation, commit) is None
    second = begun(runs, commit, generation, now=2.0)
    finish(runs, second, report=True)
    assert second.run != first.run
    assert records(runs)[0].decisions[-1].reason == Ending.SUPERSEDED
    assert resume(runs, "uid", "g1", "c1") is None


def test_another_file_has_its_own_runs(runs):
    """Two services may share a folder."""
    begun(runs)
    assert resume(runs, "other", "g1", "c1") is None


def test_a_finished_run_is_followed_by_the_next_number(runs):
    """And by another id, from which its branch is named."""
    first = begun(runs)
    finish(runs, first, report=True)
    assert resume(runs, "uid", "g1", "c1") is None
    second = begun(runs, now=2.0)
    assert (second.number, second.run != first.run) == (2, True)


def test_a_run_that_was_killed_before_it_reported_only_reports(runs):
    """To do it all again would open a second pull request for the same breach."""
    record = begun(runs)
    finish(runs, record, report=False)
    resumed = resume(runs, "uid", "g1", "c1")
    assert resumed is not None
    assert (resumed.run, resumed.finished) == (record.run, True)


def test_a_run_that_was_given_up_is_not_reported(runs):
    """Killed between closing the old run and beginning the new one."""
    first = begun(runs)
    second = begun(runs, now=2.0)
    (runs / second.run / "record.json").unlink()
    assert records(runs)[0].run == first.run
    assert resume(runs, "uid", "g1", "c1") is None


def test_ids_are_never_used_again(tmp_path):
    """The same file gets the same id in the same folder; another in another folder or when that was removed."""
    file = tmp_path / "performance-constraints.yaml"
    with at_work(tmp_path / "one") as runs:
        first, again = uid_of(file, runs), uid_of(file, runs)
    with at_work(tmp_path / "two") as runs:
        second = uid_of(file, runs)
    assert first == again
    assert first != second


def test_a_damaged_record_is_said_and_holds_up_no_other_run(runs, capsys):
    """Half a disk failure must not become a traceback."""
    damaged, other = begun(runs), begin(runs, "other", "shop", "g1", "c1", 1.0)
    (runs / damaged.run / "record.json").write_text("{")
    assert [record.run for record in records(runs)] == [other.run]
    assert "remove its folder to start afresh" in capsys.readouterr().err
    assert begun(runs).run != damaged.run, "what lies in its folder may be of another commit"
