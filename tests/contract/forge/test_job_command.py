"""`setpoint forge`: a JSON order in, one JSON object out, and an exit code."""

import json
import re
import subprocess
import sys

import pytest

from contract.forge.conftest import BRANCH
from setpoint.api.forge import CloseJob, ForgeOrder, ForgeResult, PollJob, PublishJob, ReportJob


def run(*arguments: str, given: str = "") -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    command = [sys.executable, "-m", "setpoint", "forge", *arguments]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_a_whole_remediation_by_orders_alone(at, job):
    """Publish, report, poll, close; the order comes by standard input or by file."""
    code, out, err = run("publish", "--order", "-", given=json.dumps(job(at).to_json()))
    assert (code, err) == (0, "")
    head = json.loads(out)["head"]
    assert at.branch(BRANCH) == head
    begun = {"hosting": at.hosting.to_json(), "branch": BRANCH}
    comment = {"marker": "ledger", "body": "Verified."}
    for name, more in (("report", {"comment": comment}), ("poll", {"expectedHead": head}), ("close", {})):
        code, out, err = run(name, "--order", "-", given=json.dumps({**begun, **more}))
        result = ForgeResult.model_validate_json(out)
        assert (code, err, result.head) == (0, "", head)
    state = "Closed" if at.reads else "Open"
    assert json.loads(out)["pullRequest"]["state"] == state


def test_what_is_not_carried_out_is_one_object_and_one_line(at, job, tmp_path):
    """The error's class is what the operator decides by; people get the line."""
    at.git("push", "--quiet", "origin", f"{at.branch('main')}:refs/heads/{BRANCH}")
    at.push(BRANCH, "README.md", "theirs\n")
    (tmp_path / "order.json").write_text(json.dumps(job(at).to_json()))
    code, out, err = run("publish", "--order", str(tmp_path / "order.json"))
    problem = json.loads(out)
    assert (code, problem["error"]) == (4, "ForeignCommit")
    assert err == f"setpoint: {problem['message']}\n"


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ("", "is empty"),
        ("[]", "block of fields"),
        ('{"branch": "setpoint/a/1"}', "hosting is missing"),
        ('{"hosting": {"kind": "git", "repository": "ext::sh -c id"}, "branch": "setpoint/a/1"}', "no repository"),
        (
            '{"hosting": {"kind": "git", "repository": "https://u:p@h/a.git"}, "branch": "setpoint/a/1"}',
            "no repository",
        ),
        ('{"hosting": {"kind": "git", "repository": "https://h/../a.git"}, "branch": "setpoint/a/1"}', "no repository"),
        ('{"hosting": {"kind": "git", "repository": "--upload-pack=id"}, "branch": "setpoint/a/1"}', "no repository"),
        ('{"hosting": {"kind": "git", "repository": "http://h/a.git"}, "branch": "setpoint/a/1"}', "use https"),
        ('{"hosting": {"kind": "gitea", "repository": "file:///a/b"}, "branch": "setpoint/a/1"}', "its kind is git"),
        ('{"hosting": {"kind": "github", "repository": "https://github.com/a"}, "branch": "setpoint/a/1"}', "no owner"),
        ('{"hosting": {"kind": "git", "repository": "https://h/a.git"}, "branch": "main"}', "not a branch of ours"),
        ('{"hosting": {"kind": "git", "repository": "https://h/a.git"}, "branch": "setpoint/../a"}', "is no branch"),
        ('{"hosting": {"kind": "git", "repository": "https://h/a.git"}, "branch": "setpoint/a.lock"}', "is no branch"),
        (
            '{"hosting": {"kind": "git", "repository": "https://h/a.git"}, "branch": "setpoint/a", "heads": 1}',
            "unknown",
        ),
    ],
)
def test_an_order_that_cannot_work_is_refused_in_words(order, said):
    """Before anybody is asked for anything."""
    code, out, err = run("poll", "--order", "-", given=order)
    assert code == 2 and said in err, err
    assert json.loads(out)["error"] == "InputError"
    assert "Traceback" not in err


def test_people_are_not_shown_a_command_that_is_not_for_them():
    """It is there, and in no list."""
    done = subprocess.run([sys.executable, "-m", "setpoint", "--help"], capture_output=True, text=True, check=True)
    assert not re.search(r"^\s+forge", done.stdout, re.MULTILINE)
    code, _, err = run("merge", "--order", "-")
    assert code == 2 and "publish" in err


@pytest.mark.parametrize("model", [PublishJob, ReportJob, PollJob, CloseJob])
def test_every_order_takes_the_spelling_that_it_is_written_in(model, job, tmp_path):
    """What the operator writes as JSON is what the Job reads."""
    begun = {"hosting": {"kind": "git", "repository": "https://git.example.com/a.git"}, "branch": BRANCH}
    more = {"base": "main", "commit": "a" * 40, "patch": "p", "title": "t", "body": "", "at": 1}
    order: ForgeOrder = model.model_validate({**begun, **(more if model is PublishJob else {})})
    assert model.model_validate_json(json.dumps(order.to_json())) == order
