"""One whole run on a service that leaks, from the breach to the verified pull request; and what it leaves alone."""

import json
import re
import time

import pytest

pytestmark = pytest.mark.slow  # one real loop of some 40 seconds, on whose end all tests look
FILE = "performance-constraints.yaml"
SECRET = "PRIVATE_TOKEN=do-not-pass-on"


class Repaired:
    """The run, and what was seen before, during and after it."""

    def __init__(self, service):
        self.service = service
        self.deployed = service.git("rev-parse", "HEAD")
        self._work_on(service)
        self.before = service.state()
        running = service.start("run", FILE, "--output", "json", **dict([SECRET.split("=")]))
        self.processes = set()
        while running.process.poll() is None:
            self.processes |= set(service.processes().values())
            time.sleep(0.2)
        self.said = running.end()
        self.after = service.state()
        self.record = json.loads(self.said.out) if self.said.out else {}

    @staticmethod
    def _work_on(service):
        """The user is in the middle of something: staged, not staged, and not yet known to git."""
        service.git("switch", "--quiet", "--create", "feature")
        with (service.folder / "metrics.py").open("a") as file:
            file.write("# to be continued\n")
        (service.folder / "staged.txt").write_text("staged\n")
        service.git("add", "staged.txt")
        (service.folder / "new.txt").write_text("new\n")


@pytest.fixture(scope="module")
def repaired(new_service, tmp_path_factory):
    service = new_service(tmp_path_factory.mktemp("repaired"))
    yield Repaired(service)
    service.end_all()


def test_a_verified_repair_is_a_success(repaired):
    """Exit code 0, though the verdict on the deployed code is a breach."""
    assert repaired.said.code == 0, repaired.said.err
    remediation = repaired.record["remediation"]
    assert (remediation["ended"], remediation["announced"]) == ("Verified", True)
    (row,) = [row for row in repaired.record["verdict"]["rows"] if row["constraint"] == "memory"]
    assert (row["result"], row["reason"], row["limit"], row["unit"]) == ("Breached", "SetpointBreached", 26, "MB")
    assert row["interval"][0] > 26


def test_the_proof_is_a_comparison_under_the_same_load(repaired):
    """The unchanged copy breaches, the repaired one does not, and differs by more than the interval."""
    verification = repaired.record["remediation"]["attempts"][-1]["verification"]
    assert (verification["outcome"], verification["control"]["result"]) == ("Accepted", "Breached")
    assert verification["candidate"]["result"] == "Within"
    moved = {change["constraint"]: change["moved"] for change in verification["changes"]}
    assert moved == {"memory": "Better", "errors": "Same"}


def test_the_repair_is_one_line_in_one_commit_on_one_branch(repaired):
    """On top of the deployed commit, and nothing else."""
    service = repaired.service
    (branch,) = service.branches()
    assert re.fullmatch(r"setpoint/events/[0-9a-f]+", branch)
    assert service.git("rev-list", "--parents", "-1", branch).split()[1:] == [repaired.deployed]
    assert service.git("diff", "--numstat", repaired.deployed, branch) == "1\t0\tprocessor.py"
    assert ".clear()" in service.git("diff", repaired.deployed, branch)


def test_the_pull_request_is_a_document_that_tells_all(repaired):
    """What was breached, before and after, the cause, the change, and how to see it oneself."""
    folder, (branch,) = repaired.service.run_folder(), repaired.service.branches()
    text = (folder / "pull-request.md").read_text()
    for part in (branch, repaired.deployed, "memory", "processor.py", "+        self.events.clear()", "setpoint run"):
        assert part in text
    assert "draft" not in text.lower().splitlines()[0]


def test_the_artifacts_are_those_of_the_contract(repaired):
    """Files that other tools read."""
    folder = repaired.service.run_folder()
    number = repaired.record["remediation"]["attempts"][-1]["number"]
    attempt = folder / "attempts" / str(number)
    for file in (folder / "metrics.json", folder / "verdict.json", attempt / "evidence.json", attempt / "verdict.json"):
        assert json.loads(file.read_text()), file
    assert json.loads((folder / "verdict.json").read_text()) == repaired.record["verdict"]
    assert json.loads((attempt / "verdict.json").read_text())["result"] == "Within"
    branch = repaired.service.branches()[0]
    patch = repaired.service.git("diff", "--full-index", repaired.deployed, branch)
    assert (attempt / "patch.diff").read_text().rstrip("\n") == patch
    assert (folder / "report.html").read_text().startswith("<!doctype html>")


def test_what_was_measured_can_be_judged_again(repaired):
    """`check` on metrics.json gives the verdict of the run."""
    said = repaired.service.call("check", repaired.service.run_folder() / "metrics.json", FILE, "--output", "json")
    assert said.code == 1
    assert json.loads(said.out) == repaired.record["verdict"]


def test_nothing_of_the_users_is_touched(repaired):
    """Files, staged and other changes, branches, worktrees: all as before; .setpoint is not even seen by git."""
    assert repaired.after == repaired.before
    assert repaired.after["status --porcelain"].splitlines() == [" M metrics.py", "A  staged.txt", "?? new.txt"]


def test_nothing_is_left_running_or_lying_about(repaired):
    """No process, no tree, no temporary file."""
    assert repaired.service.leftovers() == {}


def test_no_process_gets_the_users_environment(repaired):
    """Copies of the service and the load generator ran, and none of them was given a secret of the shell.

    Only env(1) sees it, which takes it away from git.
    """
    commands = {process.command for process in repaired.processes}
    for ran in ("python app.py", "k6 run", "python -m unittest"):
        assert any(ran in command for command in commands), ran
    given = {process.command for process in repaired.processes if SECRET in process.environment}
    assert [command for command in given if not command.startswith("env -i ")] == []


def test_progress_in_a_pipe_is_plain_lines(repaired):
    """Seconds and a sentence each; no control characters."""
    lines = repaired.said.err.splitlines()
    assert [line for line in lines if not re.fullmatch(r"\[ *\d+ s\] \S[^\x00-\x1f\x7f]*", line)] == []
    assert "uncommitted changes are not measured" in lines[0]
    assert "begin run" in lines[1]


def test_explain_tells_the_rules_that_decided(repaired):
    """In their order."""
    said = repaired.service.call("explain", "--output", "json")
    rules = [decision["rule"] for decision in json.loads(said.out)["decisions"]]
    told = ["measure_first", "open_remediation", "diagnose_first", "publish_proposal", "accept_attempt"]
    assert list(dict.fromkeys(rule for rule in rules if rule in told)) == told
    assert rules[-1] == "finish_when_ended"
