"""What only the real Gitea can show: scopes of tokens, labels, archived repositories, and how it was brought up."""

import pwd
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.forge.conftest import BRANCH, patch_of
from contract.forge.places import GiteaPlace, written
from setpoint.api.errors import ForgeDenied, ForgeFailed
from setpoint.forge.jobs import publish

pytestmark = pytest.mark.gitea


@pytest.fixture
def at(tmp_path: Path, service: Path, gitea) -> Iterator[GiteaPlace]:
    """A repository on the real server."""
    (tmp_path / "forge").mkdir()
    return GiteaPlace(gitea, tmp_path / "forge", service)


def test_the_server_is_no_root(gitea):
    """What runs hooks and serves strangers needs no power over the machine."""
    asked = ["ps", "-o", "uid=", "-p", str(gitea._process.pid)]
    uid = int(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)
    assert pwd.getpwuid(uid).pw_name != "root"


@pytest.mark.parametrize(
    ("scopes", "lacks"),
    [
        (("write:repository", "write:issue"), "read:user"),
        (("write:repository", "read:user"), "issue"),
        (("read:repository", "write:issue", "read:user"), "repository|403"),
    ],
)
def test_each_scope_that_the_documentation_names_is_needed(at, job, gitea, tmp_path, scopes, lacks):
    """And the refusal says which one lacks."""
    weak = written(tmp_path / "weak", gitea.token(gitea.bot.name, gitea.bot.password, scopes))
    hosting = at.hosting.model_copy(update={"token_file": str(weak)})
    with pytest.raises(ForgeDenied, match=lacks):
        publish(job(at, hosting=hosting))


def test_labels_are_made_once_for_a_repository(at, job, gitea):
    """Gitea itself would take a second one of the same name."""
    for number in range(3):
        publish(job(at, branch=f"setpoint/shop-checkout/000000000{number}"))
    names = [label["name"] for label in gitea.ask("GET", f"/repos/{at.owner}/checkout/labels")]
    assert sorted(names) == ["performance", "setpoint"]


def test_labels_that_people_took_off_stay_off(at, job, gitea):
    """The next attempt does not put them on again."""
    first = publish(job(at))
    gitea.ask("DELETE", f"/repos/{at.owner}/checkout/issues/{first.pull_request.number}/labels", person=gitea.writer)
    publish(job(at, patch=patch_of(at, "    del batch[:]\n"), expected_head=first.head))
    assert [pull.labels for pull in at.pulls(BRANCH)] == [()]


def test_an_archived_repository_is_said(at, job, gitea):
    """Nothing is pushed to it."""
    order = job(at)
    gitea.ask("PATCH", f"/repos/{at.owner}/checkout", {"archived": True})
    with pytest.raises(ForgeFailed, match=r"403|archived"):
        publish(order)
    assert at.branch(BRANCH) == ""


def test_a_protected_branch_of_our_name_is_said(at, job, gitea):
    """With the words of the server."""
    rule = {"rule_name": "setpoint/**", "enable_push": False}
    gitea.ask("POST", f"/repos/{at.owner}/checkout/branch_protections", rule)
    with pytest.raises(ForgeFailed, match=r"was not moved: .*(protected|declined)"):
        publish(job(at))
    assert at.branch(BRANCH) == ""
