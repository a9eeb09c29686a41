"""Publishing, on every forge: one branch, one commit, one draft pull request, however often it is asked for."""

import dataclasses

import pytest

from contract.forge.conftest import AT, BRANCH, GITEA, patch_of
from setpoint.api.errors import ForeignCommit, ForgeBusy, ForgeDenied, ForgeFailed, Superseded
from setpoint.api.forge import Hosting, PollJob
from setpoint.api.ports import PublishOrder
from setpoint.forge.jobs import forge_of, poll, publish
from setpoint.forge.local import LocalForge
from setpoint.forge.port import Wanted
from setpoint.forge.remote import remote_repository
from setpoint.forge.source import GitSource


def push_only(order) -> str:
    """What a Job had done that was killed between its push and the pull request; the branch's head."""
    names = [field.name for field in dataclasses.fields(PublishOrder)]
    pushed = PublishOrder(draft=True, **{name: getattr(order, name) for name in names if name != "draft"})
    with remote_repository(order.hosting) as remote:
        made = remote.make(pushed)
        remote.push(pushed, made)
    return made.head


def test_a_repair_is_one_commit_on_the_deployed_one(at, job):
    """Parent, author, date, message and tree follow from the order."""
    order = job(at)
    result = publish(order)
    assert at.branch(BRANCH) == result.head == result.pull_request.head
    at.git("fetch", "--quiet", "origin", BRANCH)
    parent, author, date, message = at.git("log", "-1", "--format=%P|%an|%at|%B", "FETCH_HEAD").split("|")
    assert (parent, author, date) == (order.commit, "Setpoint", str(AT))
    assert message.splitlines() == [order.title, "", "Setpoint-Remediation: 0123456789"]
    assert at.git("rev-parse", "FETCH_HEAD^{tree}") == result.tree
    assert at.git("diff", "--stat=200", order.commit, "FETCH_HEAD").endswith("1 file changed, 1 insertion(+)")


def test_the_local_forge_makes_the_same_commit(at, job, tmp_path):
    """One definition of the commit, wherever it is published."""
    order = job(at)
    head = publish(order).head
    at.git("checkout", "--quiet", "-B", "main", "origin/main")
    names = [field.name for field in dataclasses.fields(PublishOrder)]
    local = PublishOrder(draft=True, **{name: getattr(order, name) for name in names if name != "draft"})
    assert LocalForge(GitSource(at.clone), tmp_path / "run").publish(local).head == head


def test_the_pull_request_is_a_draft_with_labels(hosted, job):
    """People find it, and are not asked to review what is not verified."""
    order = job(hosted)
    result = publish(order)
    (pull,) = hosted.pulls(BRANCH)
    assert (pull.draft, pull.state, pull.author) == (True, "open", "setpoint-bot")
    assert order.title in pull.title and pull.body == order.body
    assert set(pull.labels) == {"setpoint", "performance"}
    shown = result.pull_request
    assert (shown.number, shown.state, shown.draft, shown.base) == (pull.number, "Open", True, "main")


def test_asked_twice_it_is_there_once(at, job):
    """Find comes before create."""
    order = job(at)
    first = publish(order)
    again = publish(order)
    assert again.to_json() == first.to_json()
    assert len(at.pulls(BRANCH)) == (1 if at.reads else 0)


def test_killed_between_push_and_create_it_is_completed(at, job):
    """The branch is ours and is adopted; the pull request is opened."""
    order = job(at)
    head = push_only(order)
    result = publish(order)
    assert result.head == head
    assert len(at.pulls(BRANCH)) == (1 if at.reads else 0)


def test_the_next_attempt_replaces_the_first(at, job):
    """One commit on the deployed one again, in the same pull request."""
    first = publish(job(at))
    second = job(at, patch=patch_of(at, "    del batch[:]\n"), title="Delete the items", expected_head=first.head)
    result = publish(second)
    assert result.head != first.head and at.branch(BRANCH) == result.head
    assert publish(second).to_json() == result.to_json()
    if at.reads:
        (pull,) = at.pulls(BRANCH)
        assert pull.draft and "Delete the items" in pull.title
        assert pull.number == result.pull_request.number == first.pull_request.number


def test_a_foreign_commit_is_left_alone(at, job):
    """Somebody went on with the branch: it is theirs now."""
    first = publish(job(at))
    theirs = at.push(BRANCH, "src/app.py", "their own repair\n")
    with pytest.raises(ForeignCommit, match=f"is at {theirs[:12]}, but we left it at {first.head[:12]}"):
        publish(job(at, patch=patch_of(at, "    del batch[:]\n"), expected_head=first.head))
    assert at.branch(BRANCH) == theirs


def test_a_branch_of_our_name_that_we_did_not_make_is_left_alone(at, job):
    """No lease on nothing."""
    order = job(at)
    at.git("push", "--quiet", "origin", f"{order.commit}:refs/heads/{BRANCH}")
    theirs = at.push(BRANCH, "src/app.py", "their own branch\n")
    with pytest.raises(ForeignCommit, match="we have not made it"):
        publish(order)
    assert at.branch(BRANCH) == theirs and at.pulls(BRANCH) == []


def test_a_branch_that_was_deleted_is_not_made_again(at, job):
    """Who deletes it does not want it. Gitea closes the pull request by then, or a moment later."""
    first = publish(job(at))
    at.git("push", "--quiet", "origin", f":refs/heads/{BRANCH}")
    again = job(at, patch=patch_of(at, "    del batch[:]\n"), expected_head=first.head)
    try:
        ended = publish(again).pull_request.state
    except ForeignCommit as error:
        ended = str(error)
    assert ended == "Closed" or "was deleted" in ended
    assert at.branch(BRANCH) == ""


def test_the_lease_holds_against_who_is_faster(at, job, monkeypatch):
    """Someone pushes between our look and our push: the server compares once more."""
    first = publish(job(at))
    second = job(at, patch=patch_of(at, "    del batch[:]\n"), expected_head=first.head)
    with remote_repository(second.hosting) as remote:
        names = [field.name for field in dataclasses.fields(PublishOrder)]
        order = PublishOrder(draft=True, **{name: getattr(second, name) for name in names if name != "draft"})
        made = remote.make(order)
        looks = []

        def look_then_lose_the_race(branch: str, head=remote.head) -> str:
            seen = head(branch)
            if not looks:
                looks.append(at.push(BRANCH, "src/app.py", "a faster commit\n"))
            return seen

        remote.head = look_then_lose_the_race
        with pytest.raises(ForeignCommit, match=f"is at {looks[0][:12] if looks else ''}"):
            remote.push(order, made)
    assert at.branch(BRANCH) == looks[0]


def test_what_people_closed_stays_closed(hosted, job):
    """Nothing is pushed, nothing is opened; the result says so."""
    first = publish(job(hosted))
    hosted.close(first.pull_request.number)
    again = publish(job(hosted, patch=patch_of(hosted, "    del batch[:]\n"), expected_head=first.head))
    assert again.pull_request.state == "Closed"
    assert hosted.branch(BRANCH) == first.head
    assert [pull.state for pull in hosted.pulls(BRANCH)] == ["closed"]


def test_what_people_merged_is_told_with_its_commit(hosted, job):
    """Also when they did not wait for the verification."""
    order = job(hosted)
    first = publish(order)
    merged = hosted.merge(first.pull_request.number)
    again = publish(order)
    assert (again.pull_request.state, again.pull_request.merge_commit) == ("Merged", merged)
    assert len(hosted.pulls(BRANCH)) == 1


def test_a_pull_request_that_somebody_opened_from_our_branch_is_adopted(hosted, job):
    """A forge has one for each branch; whose it is changes nothing for the people who read it."""
    order = job(hosted)
    push_only(order)
    number = hosted.open("writer", BRANCH, "WIP: look at this")
    assert publish(order).pull_request.number == number
    assert poll(PollJob(hosting=hosted.hosting, branch=BRANCH)).pull_request.number == number
    assert [pull.body for pull in hosted.pulls(BRANCH)] == [order.body]


def test_people_who_made_it_ready_are_not_overruled(hosted, job):
    """The next attempt changes the text, and not whether it is a draft."""
    first = publish(job(hosted))
    forge_of(hosted.hosting).leave_draft(first.pull_request)
    publish(
        job(hosted, title="Delete the items", patch=patch_of(hosted, "    del batch[:]\n"), expected_head=first.head)
    )
    (pull,) = hosted.pulls(BRANCH)
    assert (pull.draft, pull.title) == (False, "Delete the items")


def test_a_base_branch_with_other_code_in_the_touched_files_supersedes_the_repair(at, job):
    """The repair answers code that is no longer there; nothing is pushed."""
    order = job(at)
    at.push("main", "src/app.py", "rewritten\n")
    with pytest.raises(Superseded, match=r"branch main has other code .* now in src/app.py"):
        publish(order)
    assert at.branch(BRANCH) == ""


def test_a_base_branch_that_changed_elsewhere_supersedes_nothing(at, job):
    """The branch forks from the deployed commit all the same."""
    order = job(at)
    at.push("main", "README.md", "other words\n")
    result = publish(order)
    at.git("fetch", "--quiet", "origin", BRANCH)
    assert at.git("log", "-1", "--format=%P", result.head) == order.commit


def test_the_tree_that_passed_the_gate_is_the_one_that_is_pushed(at, job):
    """Any other is refused before anything leaves."""
    tree = publish(job(at)).tree
    other = "setpoint/shop-checkout/9999999999"
    assert publish(job(at, branch=other, tree=tree)).tree == tree
    with pytest.raises(ForgeFailed, match="passed the gate"):
        publish(job(at, branch="setpoint/shop-checkout/8888888888", tree="a" * 40))
    assert at.branch("setpoint/shop-checkout/8888888888") == ""


def test_the_repositorys_attributes_change_nothing_and_run_nothing(at, job, tmp_path):
    """Line ends, filters and their like are for files on disk; there are none here."""
    attributes = "* text=auto eol=crlf ident filter=evil diff=evil merge=evil\n"
    at.push("main", ".gitattributes", attributes)
    order = job(at)
    made = publish(order)
    at.git("fetch", "--quiet", "origin", BRANCH)
    assert at.git("diff", "--stat=200", order.commit, "FETCH_HEAD").endswith("1 file changed, 1 insertion(+)")
    assert at.git("cat-file", "blob", f"{made.head}:src/app.py").endswith("batch.clear()")


@pytest.mark.parametrize("at", ["github", "git-http", GITEA], indirect=True)
def test_a_server_that_is_not_there_is_for_later(at, job):
    """The address may be right tomorrow."""
    order = job(at)
    address = at.hosting.repository.replace(at.hosting.repository.split("/")[2], "127.0.0.1:9")
    nowhere = at.hosting.model_copy(update={"repository": address})
    with pytest.raises(ForgeBusy):
        publish(order.model_copy(update={"hosting": nowhere}))


def test_a_patch_that_does_not_apply_is_said_and_nothing_is_pushed(at, job):
    """With git's words."""
    order = job(at)
    broken = order.model_copy(update={"patch": order.patch.replace("sink.extend", "sink.append")})
    with pytest.raises(ForgeFailed, match="does not apply"):
        publish(broken)
    assert at.branch(BRANCH) == ""


def test_a_commit_that_is_not_there_is_said(at, job):
    """For instance after history was rewritten."""
    with pytest.raises(ForgeFailed, match="has no commit aaaaaaaaaaaa on any branch"):
        publish(job(at, commit="a" * 40))


def test_a_base_branch_that_is_not_there_is_said(at, job):
    """Before anything is pushed."""
    with pytest.raises(ForgeFailed, match="no branch 'trunk'"):
        publish(job(at, base="trunk"))
    assert at.branch(BRANCH) == ""


def test_a_repository_that_is_not_there_is_said(at, job):
    """Or the token may not see it: forges do not tell the difference."""
    order = job(at)
    elsewhere = at.hosting.model_copy(update={"repository": at.hosting.repository.replace("checkout", "nothing")})
    with pytest.raises(ForgeFailed, match=r"not there|not see|token|not a git repository|does not exist"):
        publish(order.model_copy(update={"hosting": elsewhere}))


def test_a_token_that_is_refused_is_said(hosted, job, tmp_path):
    """Expired, revoked, or never right."""
    order = job(hosted)
    (tmp_path / "old").write_text("0123456789abcdef\n")
    expired = hosted.hosting.model_copy(update={"token_file": str(tmp_path / "old")})
    with pytest.raises(ForgeDenied, match="does not know our token: it is wrong, was revoked or expired"):
        publish(order.model_copy(update={"hosting": expired}))


def test_a_reader_s_token_pushes_nothing(hosted, job, tmp_path):
    """git says so first."""
    order = job(hosted)
    token = "t-reader" if hosted.hosting.kind == "github" else hosted.server.reader.token
    (tmp_path / "reader").write_text(token)
    weak = hosted.hosting.model_copy(update={"token_file": str(tmp_path / "reader")})
    if hosted.hosting.kind == "github":
        hosted.server.tokens.pop("t-reader")  # git's side of the tests' GitHub knows no readers
        hosted.server.tokens["t-reader"] = "nobody"
    with pytest.raises(ForgeFailed):
        publish(order.model_copy(update={"hosting": weak}))
    assert hosted.branch(BRANCH) == ""


def test_a_plain_remote_gives_out_old_commits_also_where_only_branches_are_advertised(tmp_path, service, job):
    """Servers that speak the old protocol want to be asked for branches."""
    from contract.forge.places import place

    with place("git-http", tmp_path / "forge", service, None) as at:
        order = job(at)
        at.push("main", "README.md", "newer\n")
        at.server.old_protocol = True
        assert publish(order).head == at.branch(BRANCH)


def test_an_unknown_kind_names_the_known_ones():
    """One clear error."""
    with pytest.raises(ValueError, match="'gitea', 'github' or 'git'"):
        Hosting.model_validate({"kind": "gitlab", "repository": "https://git.example.com/a/b.git"})


def test_what_is_wanted_twice_at_once_is_there_once(hosted, job):
    """Two Jobs: the one that comes second is told of the first, and adopts it."""
    order = job(hosted)
    push_only(order)
    wanted = Wanted(order.branch, order.base, order.title, order.body)
    one, other = forge_of(hosted.hosting), forge_of(hosted.hosting)
    assert other.find(BRANCH) is None
    first = one.ensure(wanted)
    assert other._create(wanted).number == first.number
    assert len(hosted.pulls(BRANCH)) == 1
