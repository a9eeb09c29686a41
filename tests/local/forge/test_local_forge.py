"""LocalForge on real repositories: one branch, one commit, one document, and nothing of the user's touched."""

import dataclasses
import subprocess
import threading
from pathlib import Path

import pytest

from setpoint.api.errors import ForeignCommit, ForgeFailed
from setpoint.api.ports import PublishOrder
from setpoint.forge.local import LocalForge
from setpoint.forge.source import GitSource

BRANCH = "setpoint/checkout/0123456789"
BATCH_CLEARED = "    batch.clear()\n"
SLICE_DELETED = "    del batch[:]\n"


def patch_with(user, line: str, scratch: Path) -> str:
    """A patch that adds `line` to the end of the service's only function, made as a proposer would."""
    source = GitSource(user.service)
    commit = source.resolve("main")
    tree = source.checkout(commit, "", scratch)
    (tree / "app.py").write_text((tree / "app.py").read_text() + line)
    return source.diff(commit, tree)


@pytest.fixture
def order(user, tmp_path) -> PublishOrder:
    """The first attempt of a remediation."""
    return PublishOrder(
        branch=BRANCH,
        commit=user.git("rev-parse", "main"),
        patch=patch_with(user, BATCH_CLEARED, tmp_path / "first"),
        title="Clear the batch after it was flushed",
        body="| constraint | before | after |",
        draft=True,
        expected_head="",
        at=1_767_225_600,
    )


@pytest.fixture
def second(user, tmp_path, order) -> PublishOrder:
    """The second attempt, which replaces the first."""
    patch = patch_with(user, SLICE_DELETED, tmp_path / "second")
    return dataclasses.replace(order, patch=patch, title="Delete the batch's items", at=order.at + 60)


@pytest.fixture
def forge(user, tmp_path) -> LocalForge:
    """The forge of one run."""
    return LocalForge(GitSource(user.service), tmp_path / "run")


def test_a_pull_request_is_one_commit_on_the_deployed_one(user, order, forge):
    """Author, date, message and parent come from the order alone; the tree is commit + patch."""
    pull_request = forge.publish(order)
    assert user.git("rev-parse", BRANCH) == pull_request.head
    shown = user.git("log", "-1", "--format=%P|%an <%ae>|%cn <%ce>|%at %ct|%B", pull_request.head)
    parent, author, committer, dates, message = shown.split("|")
    assert parent == order.commit
    assert author == committer == "Setpoint <setpoint@localhost>"
    assert dates == f"{order.at} {order.at}"
    assert message.splitlines() == [order.title, "", "Setpoint-Remediation: 0123456789"]
    assert user.git("diff", "--stat=200", order.commit, BRANCH).endswith("1 file changed, 1 insertion(+)")
    assert user.git("show", f"{BRANCH}:services/check out/app.py").endswith("batch.clear()")


def test_in_a_shallow_clone_the_branch_can_be_pushed(user, order, tmp_path):
    """Where a build server repairs: git knows where the history was cut, and sends the one commit."""
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--depth=1", f"file://{user.top}", str(clone)], check=True)
    head = LocalForge(GitSource(clone / user.service.relative_to(user.top)), tmp_path / "run").publish(order).head
    subprocess.run(["git", "push", "--quiet", "origin", BRANCH], cwd=clone, check=True)
    assert user.git("rev-parse", BRANCH, f"{BRANCH}^") == f"{head}\n{order.commit}"


def test_the_document_says_what_people_need(order, forge, tmp_path):
    """Title, draft or not, body; its path is the pull request's address."""
    pull_request = forge.publish(order)
    assert pull_request.url == str(tmp_path / "run" / "pull-request.md")
    text = Path(pull_request.url).read_text()
    assert f"# Draft: {order.title}\n\n{order.body}\n" in text
    assert f"head: {pull_request.head}\n" in text
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["pull-request.md"]


@pytest.mark.parametrize("dirty", [False, True], ids=["clean", "dirty"])
@pytest.mark.parametrize("checked_out", ["base", "other", "detached"])
def test_nothing_of_the_users_is_touched(user, order, second, forge, dirty, checked_out):
    """Files, index, HEAD, branches, worktrees, stash, logs and settings are the same bytes before and after."""
    if checked_out == "other":
        user.git("switch", "--quiet", "--create", "feature")
    if checked_out == "detached":
        user.git("switch", "--quiet", "--detach", "main")
    if dirty:
        user.make_dirty()
    before = user.state()
    first_head = forge.publish(order).head
    forge.publish(dataclasses.replace(second, expected_head=first_head))
    forge.publish(dataclasses.replace(second, expected_head=first_head, draft=False))
    assert user.state() == before


def test_the_same_order_twice_is_the_same_pull_request(user, order, forge):
    """Whoever was killed after the effect may ask again: it is adopted, and the branch is not moved a second time."""
    first = forge.publish(order)
    moves = user.git("reflog", "show", BRANCH)
    assert forge.publish(order) == first
    assert user.git("reflog", "show", BRANCH) == moves


def test_the_same_order_in_another_clone_gives_the_same_commit(user, order, tmp_path):
    """The id depends on the order alone: not on who runs it, where, or when."""
    user.git("clone", "--quiet", "--config=i18n.commitEncoding=ISO-8859-1", str(user.top), str(tmp_path / "clone"))
    heads = {
        LocalForge(GitSource(top), tmp_path / name).publish(order).head
        for name, top in (("a", user.top), ("b", tmp_path / "clone"))
    }
    assert len(heads) == 1


def test_a_document_that_was_lost_is_written_again(order, forge):
    """Killed between branch and document: the same order completes it."""
    pull_request = forge.publish(order)
    Path(pull_request.url).unlink()
    assert forge.find(BRANCH).url == ""
    assert forge.publish(order) == pull_request
    assert forge.find(BRANCH) == pull_request


def test_the_next_attempt_replaces_the_tip(user, order, second, forge):
    """One branch, one commit: the second attempt stands on the deployed commit, not on the first attempt."""
    first = forge.publish(order)
    replaced = forge.publish(dataclasses.replace(second, expected_head=first.head))
    assert user.git("rev-parse", BRANCH) == replaced.head != first.head
    assert user.git("rev-parse", f"{BRANCH}^") == order.commit
    assert forge.find(BRANCH) == replaced


def test_leaving_draft_changes_only_the_document(user, order, forge):
    """New title, body and time, the same patch: the verified commit keeps its id."""
    first = forge.publish(order)
    ready = dataclasses.replace(
        order, draft=False, expected_head=first.head, title="Verified", body="the table", at=order.at + 600
    )
    published = forge.publish(ready)
    assert published.head == first.head
    assert not published.draft
    assert "# Verified\n\nthe table\n" in Path(published.url).read_text()
    assert len(user.git("reflog", "show", BRANCH).splitlines()) == 1


def test_a_commit_that_someone_else_put_there_is_left_alone(user, order, second, forge):
    """The lease: our branch is moved only from where we left it, and the document stays as well."""
    first = forge.publish(order)
    document = Path(first.url).read_bytes()
    foreign = user.git("commit-tree", "-p", first.head, "-m", "A person's work", f"{first.head}^{{tree}}")
    user.git("update-ref", f"refs/heads/{BRANCH}", foreign)
    for again in (order, dataclasses.replace(second, expected_head=first.head)):
        with pytest.raises(ForeignCommit, match=f"is at {foreign[:12]}, but we"):
            forge.publish(again)
    assert user.git("rev-parse", BRANCH) == foreign
    assert Path(first.url).read_bytes() == document


def test_a_branch_of_that_name_from_before_is_left_alone(user, order, forge):
    """We have not made it, so we do not take it."""
    user.git("branch", BRANCH, "main")
    with pytest.raises(ForeignCommit, match="but we have not made it"):
        forge.publish(order)
    assert user.git("rev-parse", BRANCH) == order.commit


def test_a_branch_that_was_deleted_is_not_made_again(user, order, second, forge):
    """Deleting it is how a person says no."""
    first = forge.publish(order)
    user.git("branch", "--quiet", "-D", BRANCH)
    assert forge.find(BRANCH) is None
    with pytest.raises(ForeignCommit, match="was deleted"):
        forge.publish(dataclasses.replace(second, expected_head=first.head))
    assert forge.find(BRANCH) is None


@pytest.mark.parametrize("linked", [False, True], ids=["working tree", "linked worktree"])
def test_a_branch_that_is_checked_out_is_not_moved(user, order, second, forge, tmp_path, linked):
    """Else the user's files would no longer fit their HEAD."""
    first = forge.publish(order)
    if linked:
        user.git("worktree", "add", "--quiet", str(tmp_path / "review"), BRANCH)
    else:
        user.git("switch", "--quiet", BRANCH)
    before = user.files(without=(".git/objects/",))
    with pytest.raises(ForeignCommit, match="is checked out"):
        forge.publish(dataclasses.replace(second, expected_head=first.head))
    assert user.files(without=(".git/objects/",)) == before
    assert forge.publish(dataclasses.replace(order, expected_head=first.head, draft=False)).head == first.head


def test_of_two_at_the_same_time_one_wins(user, order, second, tmp_path):
    """Two runs with different patches for one branch: compare-and-swap lets one of them through."""
    results: list[str] = []

    def publish(number: int, one: PublishOrder) -> None:
        try:
            results.append(LocalForge(GitSource(user.service), tmp_path / str(number)).publish(one).head)
        except ForgeFailed as error:
            results.append(type(error).__name__)

    threads = [threading.Thread(target=publish, args=each) for each in enumerate((order, second))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert user.git("rev-parse", BRANCH) in results
    assert len({result for result in results if len(result) == 40}) == 1


def test_a_patch_that_does_not_apply_publishes_nothing(user, order, forge, tmp_path):
    """No branch, no document."""
    bad = dataclasses.replace(order, patch=order.patch.replace(" def flush(sink):", " def flush(other):"))
    with pytest.raises(ForgeFailed, match="the patch does not apply"):
        forge.publish(bad)
    assert forge.find(BRANCH) is None
    assert not (tmp_path / "run").exists()


def test_an_empty_patch_publishes_nothing(order, forge):
    """A pull request without a change would be noise."""
    with pytest.raises(ForgeFailed, match="changes nothing"):
        forge.publish(dataclasses.replace(order, patch=""))
    assert forge.find(BRANCH) is None


@pytest.mark.parametrize("branch", ["main", "feature/x", "setpoint", "setpoint/../main", "--force", "setpoint/a b"])
def test_only_our_own_branches_are_ever_written(user, order, forge, branch):
    """Whatever the order says."""
    before = user.state()
    with pytest.raises(ForgeFailed, match="is not a branch of ours"):
        forge.publish(dataclasses.replace(order, branch=branch))
    assert user.state() == before


def test_a_branch_called_setpoint_is_in_the_way_and_said_to_be(user, order, forge):
    """git cannot have both setpoint and setpoint/…: its words reach the user."""
    user.git("branch", "setpoint")
    with pytest.raises(ForgeFailed, match="refs/heads/setpoint' exists"):
        forge.publish(order)


def test_hooks_do_not_run_and_signing_is_not_asked_for(user, order, forge, tmp_path):
    """A hook could change what is published; a signature would need the user's key."""
    for name in ("reference-transaction", "pre-commit", "commit-msg", "post-commit"):
        hook = user.top / ".git" / "hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\n")
        hook.chmod(0o755)
    user.git("config", "commit.gpgSign", "true")
    forge.publish(order)
    assert not (tmp_path / "ran").exists()


def test_a_title_cannot_forge_trailers_or_steer_a_terminal(user, order, forge):
    """It may come from a model: it stays one line of printable text."""
    title = "Fix\n\nCo-authored-by: someone\x1b[2J\u202e"
    forge.publish(dataclasses.replace(order, title=title))
    lines = user.git("log", "-1", "--format=%B", BRANCH).splitlines()
    assert lines == ["Fix Co-authored-by: someone [2J", "", "Setpoint-Remediation: 0123456789"]


def test_a_missing_branch_has_no_pull_request(forge):
    """None, not an error."""
    assert forge.find(BRANCH) is None
