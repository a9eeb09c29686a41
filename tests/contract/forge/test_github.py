"""GitHub when things go wrong: limits, refusals, lost answers, pages; everything said as GitHub describes it."""

import time
from collections.abc import Iterator

import pytest

from contract.forge.conftest import BRANCH
from contract.forge.github.server import Fault
from contract.forge.places import GitHubPlace, place
from setpoint.api.errors import ForgeBusy, ForgeDenied, ForgeFailed
from setpoint.api.forge import Hosting, PollJob, ReportJob
from setpoint.forge.github import GitHub
from setpoint.forge.jobs import poll, publish, report
from setpoint.forge.port import Wanted
from setpoint.forge.token import Token

SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


@pytest.fixture
def at(tmp_path, service) -> Iterator[GitHubPlace]:
    """The repository on the tests' own GitHub."""
    with place("github", tmp_path / "forge", service, None) as made:
        yield made


def asked(at: GitHubPlace, method: str, ending: str) -> int:
    """How often that was asked for."""
    return sum(verb == method and path.partition("?")[0].endswith(ending) for verb, path, _ in at.server.requests)


def test_a_created_pull_request_whose_answer_was_lost_is_found(at, job):
    """It is not created again: we look first."""
    at.server.faults = [Fault("POST", "/pulls$", late=True)]
    result = publish(job(at))
    assert [pull.number for pull in at.pulls(BRANCH)] == [result.pull_request.number]
    assert asked(at, "POST", "/pulls") == 1


def test_a_pull_request_that_was_not_created_is_not_there(at, job):
    """The connection broke before: the Job says so, and the next one creates it."""
    at.server.faults = [Fault("POST", "/pulls$")]
    with pytest.raises(ForgeBusy):
        publish(job(at))
    assert at.pulls(BRANCH) == [] and asked(at, "POST", "/pulls") == 1
    assert publish(job(at)).pull_request.number


def test_already_there_is_adopted_when_the_list_was_late(at, job):
    """Another Job was faster, and GitHub's list did not show it yet: 422, and then it does."""
    order = job(at)
    publish(order)
    forge = GitHub(at.hosting, Token(at.token))
    before = asked(at, "POST", "/pulls")
    assert forge._create(Wanted(BRANCH, "main", order.title, order.body)).number == 1
    assert asked(at, "POST", "/pulls") == before + 1 and len(at.pulls(BRANCH)) == 1


@pytest.mark.parametrize(
    ("status", "message", "headers", "seconds"),
    [
        (429, "Too Many Requests", {"Retry-After": "900"}, 900),
        (403, SECONDARY, {"Retry-After": "120"}, 120),
        (403, "You have triggered an abuse detection mechanism.", {"Retry-After": "90"}, 90),
        (403, SECONDARY, {}, 60),
        (403, "API rate limit exceeded for user ID 1.", {"X-RateLimit-Remaining": "0"}, 60),
    ],
    ids=["429", "secondary", "abuse", "without a time", "primary"],
)
def test_a_limit_that_lasts_is_for_a_later_job(at, job, status, message, headers, seconds):
    """The result tells when; nothing was opened twice or half."""
    at.server.faults = [Fault("POST", "/pulls$", status, message, headers, times=9)]
    began = time.monotonic()
    if seconds <= 60:
        at.server.faults[0].headers = {**headers, "Retry-After": "61"}
        seconds = 61
    with pytest.raises(ForgeBusy, match="limits how much we ask") as caught:
        publish(job(at))
    assert caught.value.retry_after == seconds and time.monotonic() - began < 30
    at.server.faults = []
    publish(job(at))
    assert len(at.pulls(BRANCH)) == 1


def test_a_limit_that_ends_soon_is_waited_for(at, job):
    """Also by a request that changes something: a limited one was not carried out."""
    at.server.faults = [
        Fault("GET", "/pulls$", 403, SECONDARY, {"Retry-After": "1"}),
        Fault("POST", "/pulls$", 429, "slow down", {"Retry-After": "1"}),
    ]
    publish(job(at))
    assert len(at.pulls(BRANCH)) == 1 and asked(at, "POST", "/pulls") == 2


def test_the_hour_s_limit_tells_when_it_ends(at, job):
    """By the time that GitHub names."""
    reset = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 1800)}
    at.server.faults = [Fault("GET", "/pulls$", 403, "API rate limit exceeded", reset, times=9)]
    with pytest.raises(ForgeBusy) as caught:
        publish(job(at))
    assert 1700 < caught.value.retry_after <= 1800


def test_a_failing_server_is_asked_again_only_for_what_changes_nothing(at, job):
    """502 to a list: again; 502 to a creation: perhaps it was carried out. Publishing looks twice."""
    at.server.faults = [Fault("GET", "/pulls$", 502), Fault("POST", "/labels$", 502)]
    with pytest.raises(ForgeBusy, match="failed"):
        publish(job(at))
    assert asked(at, "GET", "/pulls") == 3 and asked(at, "POST", "/labels") == 1
    publish(job(at))
    assert [set(pull.labels) for pull in at.pulls(BRANCH)] == [{"setpoint", "performance"}]


def test_a_token_that_may_only_read_is_told_apart_from_a_repository_that_is_not_seen(at, job):
    """403 and 404; the second may be either."""
    order = job(at)
    at.server.rights["setpoint-bot"] = "read"
    with pytest.raises(ForgeDenied, match="may do too little: Resource not accessible"):
        publish(order)
    del at.server.rights["setpoint-bot"]
    with pytest.raises(ForgeFailed, match="not there, or our token may not see it: Not Found"):
        publish(order)


def test_a_token_that_expires_after_the_push_is_said_and_a_new_one_completes_it(at, job):
    """F25: the branch is there, and is neither pushed again nor taken for somebody else's."""
    order = job(at)
    at.server.faults = [Fault("POST", "/pulls$", 401, "Bad credentials")]
    with pytest.raises(ForgeDenied, match="wrong, was revoked or expired"):
        publish(order)
    pushed = at.branch(BRANCH)
    assert pushed and at.pulls(BRANCH) == []
    assert publish(order).head == at.branch(BRANCH) == pushed
    assert len(at.pulls(BRANCH)) == 1


@pytest.mark.parametrize("status", [301, 307])
def test_the_new_name_of_a_renamed_repository_is_told_and_not_followed(at, job, status):
    """GitHub's redirect names a number. The name comes from GraphQL, at the address that the token is for."""
    location = {"Location": f"{at.server.url}/api/v3/repositories/1296269/pulls"}
    at.server.faults = [Fault("GET", "/pulls$", status, "Moved Permanently", location)]
    at.server.renamed = "trade/till"
    with pytest.raises(ForgeFailed, match="is called trade/till now; write its new address"):
        publish(job(at))
    assert [path for _, path, _ in at.server.requests if "repositories" in path] == []
    assert at.branch(BRANCH) == "" and not at.server.violations


def test_a_new_name_that_nobody_tells_is_not_made_up(at, job):
    """GraphQL may be closed to the token."""
    location = {"Location": f"{at.server.url}/api/v3/repositories/1296269/pulls"}
    moved = Fault("GET", "/pulls$", 301, "Moved Permanently", location)
    at.server.faults = [moved, Fault("POST", "/graphql$", 403, "Resource not accessible", times=9)]
    with pytest.raises(ForgeFailed, match="was the repository renamed"):
        publish(job(at))


def test_rights_that_cannot_be_asked_for_are_not_taken_for_granted(at, job):
    """Unknown is never a yes."""
    at.say("writer", publish(job(at)).pull_request.number, "/setpoint stop")
    at.server.faults = [Fault("GET", "/permission$", 403, "Resource not accessible", times=9)]
    seen = poll(PollJob(hosting=at.hosting, branch=BRANCH))
    assert seen.commands == () and "may not ask" in seen.ignored[0].why


def test_that_comments_cannot_be_read_hides_nothing_else(at, job):
    """That people closed it, above all."""
    number = publish(job(at)).pull_request.number
    at.close(number)
    at.server.faults = [Fault("GET", "/comments$", 500, "broken", times=9)]
    seen = poll(PollJob(hosting=at.hosting, branch=BRANCH))
    assert seen.pull_request.state == "Closed" and "comments were not read" in seen.notes[0]


def test_lists_come_in_pages(at, job):
    """Ours is found on whichever page it is."""
    order = job(at)
    number = publish(order).pull_request.number
    at.server.largest_page = 3
    for count in range(8):
        at.say("reader", number, f"comment {count}")
    ledger = {"marker": "ledger", "body": "one"}
    report(ReportJob(hosting=at.hosting, branch=BRANCH, comment=ledger))
    report(ReportJob(hosting=at.hosting, branch=BRANCH, comment={**ledger, "body": "two"}))
    assert [author for author, _ in at.comments(number)].count("setpoint-bot") == 1
    assert at.comments(number)[-1][1].endswith("two")


def test_a_list_without_an_end_is_refused(at, job):
    """Better no second ledger than one more for each report."""
    number = publish(job(at)).pull_request.number
    at.server.largest_page = 1
    for _ in range(25):
        at.say("reader", number, "again")
    with pytest.raises(ForgeFailed, match="lists more than"):
        report(ReportJob(hosting=at.hosting, branch=BRANCH, comment={"marker": "ledger", "body": "one"}))
    assert "setpoint-bot" not in [author for author, _ in at.comments(number)]


def test_leaving_draft_is_refused_in_words(at, job):
    """GraphQL's errors come with status 200."""
    published = publish(job(at))
    forge = GitHub(at.hosting, Token("t-reader"))
    with pytest.raises(ForgeFailed, match="Resource not accessible"):
        forge.leave_draft(published.pull_request.model_copy(update={"key": "PR_1"}))
    assert [pull.draft for pull in at.pulls(BRANCH)] == [True]


def test_an_answer_that_is_no_answer_is_said(at, job):
    """A page of a proxy, or of a captive portal."""
    order = job(at)
    at.server.faults = [Fault("GET", "/pulls$", 204)]
    with pytest.raises(ForgeFailed, match="not JSON"):
        publish(order)


@pytest.mark.parametrize(
    ("repository", "api", "graph"),
    [
        ("https://github.com/shop/checkout.git", "https://api.github.com", "https://api.github.com/graphql"),
        (
            "https://ghe.example.com/shop/checkout",
            "https://ghe.example.com/api/v3",
            "https://ghe.example.com/api/graphql",
        ),
    ],
)
def test_the_address_of_the_api_follows_from_the_repository(repository, api, graph):
    """github.com has a host of its own for it."""
    forge = GitHub(Hosting(kind="github", repository=repository), Token())
    assert (forge._rest._address, forge._graph._address, forge._at) == (api, graph, "/repos/shop/checkout")
