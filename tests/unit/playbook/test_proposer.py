"""The playbook as a proposer: from a commit to a patch, without touching the repository."""

import io
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from setpoint.api.ports import ProposeOrder
from setpoint.api.reasons import Reason, Result
from setpoint.api.remedy import Evidence, GateReport, Site, Tried
from setpoint.api.spec import Repair
from setpoint.api.verdict import Row, Verdict
from setpoint.cli.tell import PlainTell
from setpoint.forge.source import GitSource
from setpoint.plant.commands import ProcessCommands
from setpoint.repair.proposers import playbook_proposer
from setpoint.repair.workshop import Workshop

DEMO = Path(__file__).parents[3] / "manifests" / "demo"
EVIDENCE = Evidence(growth=(Site(file="processor.py", line=25, function="parse", grown_bytes=10_000_000),))
ROW = Row(
    constraint="heap.growth",
    observed=900,
    limit=0,
    unit="MB/h",
    confidence=0.99,
    result=Result.BREACHED,
    reason=Reason.SETPOINT_BREACHED,
    message="",
)


def git(folder: Path, *arguments: str) -> str:
    """Run git as a person would."""
    who = ("-c", "user.name=Someone", "-c", "user.email=someone@example.com")
    done = subprocess.run(["git", "-C", folder, *who, *arguments], check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The demo service, committed in a subfolder of a repository."""
    folder = tmp_path / "repository" / "services" / "events"
    shutil.copytree(DEMO, folder, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    git(folder, "init", "-q", "-b", "main", "../..")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "Start")
    return folder


def propose(folder: Path, scratch: Path, **more: object):
    """Ask the playbook for a repair of the demo's growing heap."""
    source = GitSource(folder)
    verdict = Verdict(result=Result.BREACHED, rows=(ROW,))
    order = ProposeOrder(source.resolve(None), str(more.pop("base_patch", "")), verdict, EVIDENCE, **more)
    workshop = Workshop(
        source=source,
        paths=("processor.py",),
        folder=scratch,
        attempts=scratch / "attempts",
        repair=Repair(),
        commands=ProcessCommands(scratch / "logs", owner="nobody", where="repair.test"),
        tell=PlainTell(io.StringIO()),
        gate=lambda _: GateReport(passed=True),
    )
    return playbook_proposer(order, workshop)


def test_the_demo_is_repaired_with_one_line(repository, tmp_path):
    """The patch applies to the commit, and the service's own tests pass on it."""
    proposal = propose(repository, tmp_path / "scratch")
    added = [line for line in proposal.patch.splitlines() if line.startswith("+") and not line.startswith("+++")]
    assert [line.strip("+ ") for line in added] == ["self.events.clear()"]
    assert (proposal.proposer, proposal.pattern) == ("playbook", "hand-over-without-clear")
    assert "processor.py:" in proposal.cause
    tree = GitSource(repository).checkout(GitSource(repository).resolve(None), proposal.patch, tmp_path / "candidate")
    subprocess.run([sys.executable, "-m", "unittest", "-q"], cwd=tree, check=True, capture_output=True, timeout=60)


def test_nothing_is_left_behind(repository, tmp_path):
    """Neither in the scratch folder nor in the repository."""
    propose(repository, tmp_path / "scratch")
    assert list((tmp_path / "scratch").iterdir()) == []
    assert git(repository, "status", "--porcelain") == ""


def test_what_was_tried_is_not_proposed_again(repository, tmp_path):
    """The next place comes, and in the end a proposal without a patch that says why."""
    tried: list[Tried] = []
    while (proposal := propose(repository, tmp_path / "scratch", tried=tuple(tried))).patch:
        assert proposal.patch not in [one.patch for one in tried]
        tried.append(
            Tried(
                number=len(tried) + 1,
                title=proposal.title,
                pattern=proposal.pattern,
                patch=proposal.patch,
                why_not="it did not help",
            )
        )
    assert len(tried) >= 2
    assert f"beyond the {len(tried)} that were tried" in proposal.explanation


def test_a_patch_builds_on_what_an_earlier_attempt_improved(repository, tmp_path):
    """It is told against the deployed commit and holds both changes."""
    changed = repository / "processor.py"
    changed.write_text(changed.read_text().replace("BATCH = 100", "BATCH = 50"))
    base = git(repository, "diff")
    git(repository, "checkout", "-q", ".")
    proposal = propose(repository, tmp_path / "scratch", base_patch=base)
    assert "+BATCH = 50" in proposal.patch
    assert "+        self.events.clear()" in proposal.patch
