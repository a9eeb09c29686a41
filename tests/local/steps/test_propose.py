"""A proposer in a pod of its own: a tree from the source, commands in a toolbox, and nothing else within reach."""

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.steps.conftest import Steps, git
from local.steps.verdicts import breach
from setpoint.api.ports import ProposeOrder
from setpoint.api.remedy import Evidence, GateReport, Proposal, Site
from setpoint.api.spec import Repair
from setpoint.cli.tell import PlainTell
from setpoint.forge.source import GitSource
from setpoint.repair.proposers import PROPOSERS
from setpoint.repair.scripted.script import Script
from setpoint.repair.scripted.server import serving
from setpoint.repair.toolbox import NoCommands
from setpoint.repair.workshop import Workshop

DEMO = Path(__file__).parents[3] / "manifests" / "demo"
TOP = "services/events/"
EVIDENCE = Evidence(growth=(Site(file=TOP + "processor.py", line=71),))
CLEAR = """
from pathlib import Path
file = Path("services/events/processor.py")
line = "        self.ledger.add(self.events)\\n"
file.write_text(file.read_text().replace(line, line + "        self.events.clear()\\n"))
"""
TESTS = {"command": ["sh", "-c", f"cd {TOP} && exec {sys.executable} -m unittest -v"], "timeout": "60s"}
ADDED = "+        self.events.clear()"


@pytest.fixture
def demo(repository):
    """The demo in a folder of the repository; the commit's id."""
    shutil.copytree(DEMO, repository.clone / TOP, ignore=shutil.ignore_patterns(".*", "__pycache__", "cluster"))
    (repository.clone / ".gitattributes").write_text("*.py text eol=crlf\n")
    return repository.commit()


@pytest.fixture
def shared() -> Iterator[Path]:
    """The folder that both containers see; whoever it is may get there."""
    folder = Path(tempfile.mkdtemp(prefix="setpoint-toolbox-"))
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def toolbox(steps: Steps, shared: Path) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """toolbox(before): starts it as another container would, with `before` in front of the shell."""
    running: list[subprocess.Popen[bytes]] = []

    def start(*before: str, **more: object) -> "subprocess.Popen[bytes]":
        assert steps.run("toolbox-script", "--into", str(shared)).returncode == 0
        command = [*before, "sh", str(shared / "toolbox.sh"), str(shared)]
        environment = {"PATH": os.environ["PATH"], "ITS_OWN": "of the toolbox"}
        process = subprocess.Popen(command, env=environment, **more)
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.wait()


@pytest.fixture
def order(serve, demo, shared):
    """order(proposer, …): an order; what is no field of it belongs to `repair`."""

    def make(proposer: str, toolbox: bool = False, **more: object) -> dict[str, object]:
        fields = ("base_patch", "tried", "forbidden", "verdict")
        given = {name: more.pop(name) for name in fields if name in more}
        repair = {"mode": "Verify", "proposer": proposer, "source": {"paths": [TOP]}, "test": TESTS, **more}
        return {
            "source": serve(demo),
            "commit": demo,
            "verdict": breach("heap.growth").to_json(),
            "evidence": EVIDENCE.to_json(),
            "repair": repair,
            **({"toolbox": str(shared)} if toolbox else {}),
            **given,
        }

    return make


def program(text: str) -> list[str]:
    """A command that runs this as Python."""
    return [sys.executable, "-c", text]


def added(patch: str) -> list[str]:
    """The lines that a patch adds."""
    return [line for line in patch.splitlines() if line.startswith("+") and not line.startswith("+++")]


def test_the_playbook_proposes_what_it_proposes_on_the_repository_itself(steps, order, demo, repository, tmp_path):
    """Byte for byte, though its commit there is another one."""
    took = steps.take("propose", order("playbook"))
    assert took.code == 0, took.err
    proposal = Proposal.model_validate(took.result)
    git(repository.clone, "config", "core.autocrlf", "false")
    source = GitSource(repository.clone)
    workshop = Workshop(
        source=source,
        paths=(TOP,),
        folder=tmp_path / "scratch",
        attempts=tmp_path / "attempts",
        repair=Repair(),
        commands=NoCommands(),
        tell=PlainTell(sys.stderr),
        gate=lambda _: GateReport(passed=True),
    )
    asked = ProposeOrder(demo, "", breach("heap.growth"), EVIDENCE)
    assert proposal == PROPOSERS["playbook"](asked, workshop)
    assert added(proposal.patch) == [ADDED]


def test_a_program_works_in_the_toolbox_and_its_change_is_the_patch(steps, order, toolbox, shared):
    """The toolbox ends with the step, and nothing of the work stays in the shared folder."""
    box = toolbox()
    took = steps.take("propose", order("command", toolbox=True, command=program(CLEAR + 'print("Empty it")')))
    assert took.code == 0, took.err
    proposal = Proposal.model_validate(took.result)
    assert (added(proposal.patch), proposal.title) == ([ADDED], "Empty it")
    assert box.wait(10) == 0
    assert [
        path for path in shared.rglob("*") if path.name not in ("toolbox.sh", "ask", "over", "work", "requests")
    ] == []


def test_containers_of_different_users_work_on_the_same_tree(steps, order, toolbox, shared):
    """What one of them makes the other can read, change and remove."""
    other = {"user": 65533, "group": 65533, "extra_groups": []} if os.geteuid() == 0 else {}
    making = CLEAR + 'Path("made").mkdir(); Path("made/file").write_text("x"); Path(".claude").mkdir()\n'
    making += 'Path(".claude/settings.json").write_text("{}"); print("Empty it")'
    toolbox(**other)
    python = "/usr/bin/python3" if other else sys.executable
    took = steps.take("propose", order("command", toolbox=True, command=[python, "-c", making]))
    assert took.code == 0, took.err
    patch = took.result["patch"]
    assert ADDED in added(patch) and "made/file" in patch and "claude" not in patch
    assert list((shared / "work").iterdir()) == []


def test_a_command_sees_the_toolbox_and_nothing_of_ours(steps, order, toolbox):
    """But for what the repair passes on by name: that arrives byte for byte, and is not shown."""
    toolbox()
    look = ["sh", "-c", 'env; printf %s "$AGENT_KEY" | sha256sum']
    asked = order("command", toolbox=True, command=look, environment=["AGENT_KEY"])
    key = 'it\'s for "the" agent'
    took = steps.take("propose", asked, environment={"AGENT_KEY": key, "ANTHROPIC_AUTH_TOKEN": "not-for-it"})
    said = took.result["explanation"]
    assert hashlib.sha256(key.encode()).hexdigest() in said and "ITS_OWN=of the toolbox" in said
    assert "AGENT_KEY=(value of AGENT_KEY)" in said and key not in took.out + took.err
    assert "not-for-it" not in said and "ANTHROPIC" not in said and "VIRTUAL_ENV" not in said


def test_a_command_that_takes_too_long_is_ended_with_all_it_started(steps, order, toolbox, shared):
    """Its whole process group."""
    toolbox()
    slow = f"(sleep 3; touch {shared}/late) & exec sleep 60"
    asked = order("command", toolbox=True, command=["sh", "-c", slow], budget={"duration": "1s"})
    began = time.monotonic()
    took = steps.take("propose", asked)
    assert took.ending["error"] == "ModelFailed" and "did not end within 1 s" in took.ending["message"]
    time.sleep(max(0.0, began + 8 - time.monotonic()))
    assert not (shared / "late").exists()


def test_as_the_first_process_of_its_container_the_toolbox_ends_those_that_hide(steps, order, toolbox, shared):
    """In a session of their own, after the command itself has ended well."""
    toolbox("unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child")
    hiding = f"setsid sh -c 'sleep 3; touch {shared}/late' & sleep 0.3; echo done"
    took = steps.take("propose", order("command", toolbox=True, command=["sh", "-c", hiding]))
    assert took.code == 0 and "the command changed nothing; it said: done" in took.result["explanation"]
    time.sleep(4)
    assert not (shared / "late").exists()


def test_what_the_toolbox_leaves_is_read_as_a_plain_file_alone(steps, order, toolbox, tmp_path):
    """A command that puts a link in its output's place is not shown what it points at."""
    secret = tmp_path / "secret"
    secret.write_text("of our container\n")
    toolbox()
    stealing = f'cd "$(dirname "$SETPOINT_BRIEF")/../../requests/"* && rm output && ln -s {secret} output'
    took = steps.take("propose", order("command", toolbox=True, command=["sh", "-c", stealing]))
    assert took.code == 0 and "of our container" not in took.out
    assert "of our container" not in took.result["explanation"]


def test_no_repository_of_ours_lies_where_commands_can_write(steps, order, toolbox, shared):
    """git would run the programs that its settings name."""
    toolbox()
    took = steps.take(
        "propose", order("command", toolbox=True, command=["sh", "-c", f"find {shared} -name .git -o -name config"])
    )
    assert took.result["explanation"] == "the command changed nothing; it said: "


def test_a_model_has_the_projects_tests_run_in_the_toolbox(steps, order, toolbox):
    """It edits in our container, and the tests see its change in theirs."""
    toolbox()
    old = "        self.ledger.add(self.events)\n"
    edit = {"path": TOP + "processor.py", "old": old, "new": old + "        self.events.clear()\n"}
    word = {"title": "Forget what was handed over", "cause": "processor.py:80", "explanation": "It is counted."}
    calls = [("edit", edit), ("run_tests", {}), ("finish", word)]
    turns = [{"tools": [{"name": name, "input": given}]} for name, given in calls]
    with serving(Script.model_validate({"turns": turns})) as server:
        ours = {"ANTHROPIC_AUTH_TOKEN": "t-gateway", "ANTHROPIC_BASE_URL": server.url}
        took = steps.take("propose", order("anthropic", toolbox=True), environment={**ours, "ANTHROPIC_API_KEY": ""})
        assert took.code == 0, took.err
        assert added(took.result["patch"]) == [ADDED] and took.result["title"] == word["title"]
        told = server.play.requests[2].body["messages"][-1]["content"][0]["content"]
    assert told.startswith("the tests pass") and "OK" in told


def test_without_a_toolbox_nothing_is_run(steps, order):
    """In words, by which the author of the constraint knows what to add."""
    took = steps.take("propose", order("command", command=["agent"]))
    assert (took.code, took.ending["error"]) == (2, "InputError")
    assert "the repair has no toolbox" in took.ending["message"]


def test_a_program_that_the_image_lacks_is_named(steps, order, toolbox):
    """The shell that opens its brief says so."""
    toolbox()
    took = steps.take("propose", order("command", toolbox=True, command=["no-such-agent"]))
    assert took.ending["error"] == "ModelFailed" and "no-such-agent could not be started" in took.ending["message"]


def test_a_network_that_lets_through_what_it_must_not_ends_the_step(steps, order):
    """Before the proposer has anything to work on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"127.0.0.1:{listening.getsockname()[1]}"
        took = steps.take("propose", {**order("playbook"), "source": "http://127.0.0.1:1", "forbidden": address})
    assert (took.code, took.ending["error"]) == (4, "NetworkNotEnforced")
    assert address in took.ending["message"] and took.out == ""


def test_a_toolbox_that_begins_when_all_is_over_ends_at_once(steps, order, toolbox):
    """Its pod would never be done."""
    took = steps.take("propose", {**order("command", toolbox=True, command=["agent"]), "forbidden": "nowhere"})
    assert took.ending["error"] == "InputError"
    assert toolbox().wait(10) == 0


def test_a_network_that_refuses_lets_the_step_go_on(steps, order):
    """Nobody listens there."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        took = steps.take("propose", order("playbook", forbidden=f"127.0.0.1:{closed.getsockname()[1]}"))
    assert took.code == 0 and added(took.result["patch"]) == [ADDED]


@pytest.mark.parametrize("address", ["no-such-host.invalid:443", "10.0.0.1", "10.0.0.1:https"])
def test_an_address_that_cannot_be_tried_says_nothing_of_the_network(steps, order, address):
    """Unknown is no pass."""
    took = steps.take("propose", order("playbook", forbidden=address))
    assert took.ending["error"] == "InputError" and "nothing is known of the network" in took.ending["message"]


def test_the_script_of_the_toolbox_is_printed(steps):
    """For an init container that has a shell."""
    done = steps.run("toolbox-script")
    assert done.returncode == 0 and "requests/N/run.sh" in done.stdout
    subprocess.run(["sh", "-n"], input=done.stdout, text=True, check=True)
