"""Polling: what people did and asked for is seen, and only those who may push are obeyed."""

import time

import pytest

from contract.forge.conftest import BRANCH
from contract.forge.places import GiteaPlace, place
from setpoint.api.forge import Mark, PollJob
from setpoint.forge.jobs import poll, publish


def ask(at, head: str = "", mark: Mark | None = None):
    """How it stands."""
    return poll(PollJob(hosting=at.hosting, branch=BRANCH, expected_head=head, mark=mark or Mark()))


def test_an_open_pull_request_that_nobody_touched(hosted, job):
    """Where it is, as we left it."""
    published = publish(job(hosted))
    seen = ask(hosted, published.head)
    assert (seen.pull_request.state, seen.pull_request.draft, seen.head) == ("Open", True, published.head)
    assert (seen.foreign, seen.commands, seen.ignored, seen.notes) == (False, (), (), ())


def test_commands_of_people_who_may_push_are_told_once(hosted, job):
    """The mark goes on; what stands in quotes and code is not asked for."""
    number = publish(job(hosted)).pull_request.number
    hosted.say("writer", number, "No.\n\n/setpoint stop\n")
    hosted.say("writer", number, "> /setpoint retry\n\n```\n/setpoint retry\n```")
    hosted.say("writer", number, "/setpoint approve 0123456789-1")
    seen = ask(hosted)
    asked = [(command.verb, command.argument, command.author) for command in seen.commands]
    assert asked == [("stop", "", "writer"), ("approve", "0123456789-1", "writer")]
    assert ask(hosted, mark=seen.mark).commands == ()
    hosted.say("writer", number, "/setpoint retry")
    assert [command.verb for command in ask(hosted, mark=seen.mark).commands] == ["retry"]


def test_commands_of_readers_are_not_obeyed_and_it_is_told(hosted, job):
    """Anybody may write comments."""
    number = publish(job(hosted)).pull_request.number
    hosted.say("reader", number, "/setpoint approve")
    seen = ask(hosted)
    assert seen.commands == ()
    assert [(ignored.author, ignored.why) for ignored in seen.ignored] == [("reader", "the author has no write access")]


def test_a_comment_that_was_changed_into_a_command_is_not_obeyed(hosted, job):
    """Neither before it was first read nor after."""
    number = publish(job(hosted)).pull_request.number
    comment = hosted.say("writer", number, "hello")
    seen = ask(hosted)
    time.sleep(1.1)  # forges tell times in whole seconds
    hosted.edit("writer", comment, "/setpoint approve")
    assert ask(hosted, mark=seen.mark).commands == ()
    again = ask(hosted)
    assert again.commands == () and "changed after" in again.ignored[0].why


def test_our_own_comments_are_no_commands(hosted, job):
    """They tell people what they may write."""
    number = publish(job(hosted)).pull_request.number
    if hosted.hosting.kind == "github":
        hosted.say("setpoint-bot", number, "/setpoint stop")
    else:
        hosted.say("bot", number, "/setpoint stop")
    seen = ask(hosted)
    assert (seen.commands, seen.ignored) == ((), ())


def test_a_foreign_commit_is_seen(at, job):
    """By git, since a forge may tell of it late."""
    published = publish(job(at))
    theirs = at.push(BRANCH, "src/app.py", "their own\n")
    seen = ask(at, published.head)
    assert (seen.foreign, seen.head) == (True, theirs)


def test_a_deleted_branch_is_seen(at, job):
    """Nobody merged it."""
    published = publish(job(at))
    at.git("push", "--quiet", "origin", f":refs/heads/{BRANCH}")
    seen = ask(at, published.head)
    assert (seen.foreign, seen.head) == (True, "")


def test_a_close_by_people_is_seen(hosted, job):
    """Humans win."""
    published = publish(job(hosted))
    hosted.close(published.pull_request.number)
    assert ask(hosted, published.head).pull_request.state == "Closed"


def test_a_merge_by_people_is_seen_with_its_commit_also_when_the_branch_is_gone(hosted, job):
    """Most forges delete the branch; nothing foreign is in that."""
    published = publish(job(hosted))
    merged = hosted.merge(published.pull_request.number)
    hosted.git("push", "--quiet", "origin", f":refs/heads/{BRANCH}")
    seen = ask(hosted, published.head)
    assert (seen.pull_request.state, seen.pull_request.merge_commit, seen.foreign) == ("Merged", merged, False)
    assert hosted.branch("main") == merged


def test_nothing_published_is_nothing_found(at):
    """No error: a poll may come before the first publication."""
    seen = ask(at)
    assert (seen.pull_request, seen.head, seen.foreign) == (None, "", False)


def test_a_pull_request_from_a_fork_s_branch_of_our_name_is_not_ours(tmp_path, service, job):
    """Anybody can make such a fork."""
    with place("github", tmp_path / "forge", service, None) as at:
        order = job(at)
        publish(order)
        at.server.pulls[0]["fork"] = True
        assert ask(at).pull_request is None
        publish(order)
        assert [pull.author for pull in at.pulls(BRANCH)] == ["setpoint-bot", "setpoint-bot"]


def test_machines_are_not_obeyed_whatever_they_may_do(tmp_path, service, job):
    """GitHub tells who is one."""
    with place("github", tmp_path / "forge", service, None) as at:
        at.say("ci[bot]", publish(job(at)).pull_request.number, "/setpoint retry")
        seen = ask(at)
        assert seen.commands == () and seen.ignored[0].why == "machines are not obeyed"


def test_many_comments_come_in_pages(tmp_path, service, job):
    """The last one counts like the first."""
    with place("github", tmp_path / "forge", service, None) as at:
        number = publish(job(at)).pull_request.number
        for count in range(230):
            at.say("reader", number, f"comment {count}")
        at.say("writer", number, "/setpoint stop")
        assert [command.verb for command in ask(at).commands] == ["stop"]


@pytest.mark.gitea
def test_members_of_an_organisation_are_obeyed_only_where_the_token_may_ask_for_rights(tmp_path, service, job, gitea):
    """Gitea tells rights to administrators of the repository alone, and its other lists hold readers there, too."""
    folder = tmp_path / "forge"
    folder.mkdir()
    at = GiteaPlace(gitea, folder, service, organisation=True)
    number = publish(job(at)).pull_request.number
    at.say("writer", number, "/setpoint stop")
    at.say("reader", number, "/setpoint stop")
    seen = ask(at)
    assert seen.commands == () and {ignored.why[:13] for ignored in seen.ignored} == {"our token may"}
    gitea.ask("PUT", f"/repos/{at.owner}/checkout/collaborators/setpoint-bot", {"permission": "admin"})
    again = ask(at)
    assert [command.author for command in again.commands] == ["writer"]
    assert [ignored.author for ignored in again.ignored] == ["reader"]
