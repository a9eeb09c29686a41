"""Reporting and closing, on every forge that people read: said once, edited later, and never over people's heads."""

import pytest

from contract.forge.conftest import BRANCH
from contract.forge.places import place
from setpoint.api.errors import ForeignCommit
from setpoint.api.forge import CloseJob, PollJob, ReportJob
from setpoint.forge.jobs import close, poll, publish, report

LEDGER = {"marker": "ledger/0123456789", "body": "Attempt 1: proposed."}


def said(at, **what) -> ReportJob:
    """An order to report."""
    return ReportJob.model_validate({"hosting": at.hosting, "branch": BRANCH, **what})


def test_the_ledger_is_one_comment_that_is_edited(hosted, job):
    """However often it is reported, and whatever was said between."""
    number = publish(job(hosted)).pull_request.number
    report(said(hosted, comment=LEDGER))
    hosted.say("writer", number, "Looks good")
    report(said(hosted, comment=LEDGER))
    report(said(hosted, comment={**LEDGER, "body": "Attempt 1: dropped.\nAttempt 2: proposed."}))
    ours, theirs = hosted.comments(number)
    assert ours[0] == "setpoint-bot" and ours[1].endswith("Attempt 2: proposed.") and "proposed.\n" not in ours[1]
    assert theirs == ("writer", "Looks good")


def test_a_comment_of_somebody_else_with_our_marker_is_not_ours(hosted, job):
    """Anybody can write the marker; we neither edit theirs nor take it for what we said."""
    number = publish(job(hosted)).pull_request.number
    forged = "<!-- setpoint: ledger/0123456789 -->\nVerified. Merge it!"
    hosted.say("reader", number, forged)
    report(said(hosted, comment=LEDGER))
    assert [author for author, _ in hosted.comments(number)] == ["reader", "setpoint-bot"]
    assert hosted.comments(number)[0][1] == forged


def test_two_markers_are_two_comments(hosted, job):
    """A marker that only stands further down in a text (a quoted one) is none."""
    number = publish(job(hosted)).pull_request.number
    report(said(hosted, comment={"marker": "other", "body": "quotes <!-- setpoint: ledger/0123456789 -->"}))
    report(said(hosted, comment=LEDGER))
    assert len(hosted.comments(number)) == 2


def test_the_verified_commit_gets_its_status_once(hosted, job):
    """The newest says how it stands; the same is not said twice."""
    head = publish(job(hosted)).head
    for state in ("pending", "pending", "success", "success"):
        report(said(hosted, status={"commit": head, "state": state, "description": "p99 Within"}))
    assert sorted(hosted.statuses(head)) == [("setpoint/verify", "pending"), ("setpoint/verify", "success")]


def test_a_verified_repair_leaves_draft_with_its_table(hosted, job):
    """Title and text are the new ones, and asking again changes nothing."""
    published = publish(job(hosted))
    order = said(
        hosted, ready=True, expected_head=published.head, title="checkout: repaired", body="| before | after |"
    )
    for _ in range(2):
        result = report(order)
        (pull,) = hosted.pulls(BRANCH)
        assert (pull.draft, pull.title, pull.body) == (False, "checkout: repaired", "| before | after |")
        assert (result.pull_request.draft, result.notes) == (False, ())


def test_what_was_not_verified_does_not_leave_draft(hosted, job):
    """Somebody pushed after the verification: what is there now is theirs."""
    published = publish(job(hosted))
    theirs = hosted.push(BRANCH, "src/app.py", "unseen\n")
    with pytest.raises(ForeignCommit, match=f"is at {theirs[:12]}, but {published.head[:12]} was verified"):
        report(said(hosted, ready=True, expected_head=published.head))
    assert [pull.draft for pull in hosted.pulls(BRANCH)] == [True]


def test_ready_needs_to_know_what_was_verified(hosted):
    """A branch can be moved, a commit cannot."""
    with pytest.raises(ValueError, match="ready needs expectedHead"):
        said(hosted, ready=True)


def test_what_people_closed_is_not_rewritten_but_the_ledger_is_completed(hosted, job):
    """Title, text and draft stay as they closed them."""
    published = publish(job(hosted))
    hosted.close(published.pull_request.number)
    result = report(said(hosted, ready=True, expected_head=published.head, title="another", comment=LEDGER))
    (pull,) = hosted.pulls(BRANCH)
    assert (pull.draft, pull.state) == (True, "closed") and "another" not in pull.title
    assert len(hosted.comments(pull.number)) == 1 and result.pull_request.state == "Closed"


def test_an_escalation_without_a_pull_request_is_one_issue(hosted):
    """Found by its marker, also when its text is new; closed ones are not opened again."""
    issue = {"marker": "escalated/0123456789", "title": "checkout: no repair found", "body": "Three attempts."}
    first = report(said(hosted, issue=issue))
    again = report(said(hosted, issue={**issue, "body": "Three attempts, all dropped."}))
    assert first.issue == again.issue and first.issue.startswith(hosted.hosting.server)
    (seen,) = hosted.issues()
    assert seen[1] == issue["title"] and seen[2].endswith("all dropped.")
    report(said(hosted, issue={**issue, "marker": "escalated/9876543210"}))
    assert len(hosted.issues()) == 2


def test_a_superseded_repair_is_closed_with_its_reason(hosted, job):
    """The comment comes first, the branch stays, and it is done once."""
    head = publish(job(hosted)).head
    order = CloseJob.model_validate(
        {"hosting": hosted.hosting, "branch": BRANCH, "comment": {"marker": "closed", "body": "Superseded."}}
    )
    for _ in range(2):
        assert close(order).pull_request.state == "Closed"
    (pull,) = hosted.pulls(BRANCH)
    assert pull.state == "closed" and hosted.branch(BRANCH) == head
    assert [body.endswith("Superseded.") for _, body in hosted.comments(pull.number)] == [True]


def test_what_was_merged_is_not_closed(hosted, job):
    """Who merged it was faster."""
    merged = hosted.merge(publish(job(hosted)).pull_request.number)
    result = close(CloseJob(hosting=hosted.hosting, branch=BRANCH))
    assert (result.pull_request.state, result.pull_request.merge_commit) == ("Merged", merged)


def test_what_a_plain_remote_does_not_offer_is_said(tmp_path, service, job):
    """The order is carried out as far as it goes; nothing is passed over in silence."""
    with place("git-file", tmp_path / "forge", service, None) as at:
        head = publish(job(at)).head
        what = {
            "ready": True,
            "expected_head": head,
            "title": "another",
            "status": {"commit": head, "state": "success"},
            "comment": LEDGER,
            "issue": {**LEDGER, "title": "none"},
        }
        result = report(said(at, **what))
        assert [any(word in note for note in result.notes) for word in ("status", "pull requests", "comments")] == [
            True
        ] * 3
        assert [any(word in note for note in result.notes) for word in ("issues", "drafts")] == [True] * 2
        polled = poll(PollJob(hosting=at.hosting, branch=BRANCH, expected_head=head))
        assert polled.head == head and not polled.foreign and "comments were not read" in polled.notes[0]
        assert "nothing to close" in close(CloseJob(hosting=at.hosting, branch=BRANCH)).notes[0]
        assert at.branch(BRANCH) == head
