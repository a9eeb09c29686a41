"""Calls through the gateway with the real SDK: what reaches the service, what comes back, what it costs."""

import json
from decimal import Decimal

import anthropic
import pytest

from local.gateway.cluster import KEY
from local.gateway.conftest import MODEL, PROMPT, SERVICE_KEY, ask, client, post

BODY = {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": PROMPT}]}


def test_an_agent_gets_its_answer_and_the_service_sees_nothing_of_it_but_the_body(gateway, upstream):
    """The service lets only the installation's key in; the caller's headers stay here."""
    with client(gateway.url, default_headers={"anthropic-beta": "files-api", "cookie": "mine", "x-mine": "1"}) as made:
        request = {"model": MODEL, "max_tokens": 1000, "messages": [{"role": "user", "content": PROMPT}]}
        with made.messages.stream(**request) as stream:
            assert stream.get_final_message().content[0].text == "hello"
    [asked] = upstream.asked
    assert asked.body == {**request, "stream": True}
    kept = {"host", "anthropic-version", "content-type", "accept", "accept-encoding", "user-agent", "content-length"}
    assert set(asked.headers) <= kept
    assert asked.headers["user-agent"] == "setpoint-gateway"


def test_a_call_is_counted_by_what_the_service_says(gateway, cluster, upstream):
    """Attempt, constraint and day; exactly, whatever was reserved."""
    upstream.says({"text": "hi", "usage": {"input": 1000, "output": 100, "cache_read": 10_000, "cache_write": 1000}})
    ask(gateway.url)
    cost = Decimal("0.0075")  # 1000 x 2 + 1000 x 2.50 + 10000 x 0.20 + 100 x 10, in millionths
    ledger = cluster.ledger
    attempt, constraint = ledger.attempts[KEY], ledger.constraints["uid-of-the-constraint"]
    assert (attempt.spent.calls, attempt.spent.tokens, attempt.spent.usd) == (1, 12_100, cost)
    assert (constraint.today, constraint.total) == (attempt.spent, attempt.spent)
    assert [(one.calls, one.usd) for one in ledger.days.values()] == [(1, cost)]
    assert ledger.open == {}
    assert ledger.of_remediation("0123456789") == cost


def test_an_answer_in_one_piece_is_counted_too(gateway, cluster):
    """`stream` is the caller's choice."""
    with client(gateway.url) as made:
        assert made.messages.create(**BODY).content[0].text == "hello"
    assert cluster.ledger.attempts[KEY].spent.usd == Decimal("0.003")


def test_one_line_for_each_call_says_who_and_what_it_cost_and_no_word_of_it(gateway, upstream):
    """Nor does any metric have a name in it that somebody chose."""
    before = len(gateway.lines)
    ask(gateway.url)
    with pytest.raises(anthropic.AuthenticationError):
        ask(gateway.url, token="somebody-elses")
    answered, refused = gateway.lines[before:]
    about = {"outcome": "Answered", "status": "200", "namespace": "shop", "constraint": "checkout", "attempt": "1"}
    money = {"input_tokens": "1000", "output_tokens": "100", "usd": "0.003", "request_id": "req_scripted"}
    assert answered.items() >= {**about, **money, "pod": f"setpoint-{KEY}-propose-x7k2p"}.items()
    assert (refused["outcome"], refused["status"], "usd" in refused) == ("Unauthenticated", "401", False)
    everything = gateway.log + gateway.page()
    assert not any(word in everything for word in (PROMPT, "hello", SERVICE_KEY, "agent-token", "somebody-elses"))
    page = gateway.page()
    assert "checkout" not in page and 'setpoint_gateway_calls_total{outcome="Answered"}' in page
    assert 'setpoint_gateway_tokens_total{kind="input_tokens"}' in page


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/messages/count_tokens"),
        ("POST", "/v1/messages/batches"),
        ("POST", "/v1/messages?beta=true"),
        ("POST", "/v1//messages"),
        ("POST", "/v1/%6Dessages"),
        ("POST", "/v1/files"),
        ("GET", "/v1/messages"),
        ("GET", "/v1/models"),
        ("GET", "/metrics"),
    ],
)
def test_nothing_else_is_to_be_had(gateway, upstream, method, path):
    """The service never hears of it."""
    answer = post(gateway.url, BODY, path, method)
    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "not_found_error")
    assert upstream.asked == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model": "claude-fable-5-1"}, "only claude-sonnet-5-5"),
        ({"tools": [{"type": "web_fetch_20250910", "name": "web_fetch"}]}, "that the caller runs itself"),
        ({"mcp_servers": [{"type": "url", "url": "https://example.com"}]}, "mcp_servers"),
        ({"service_tier": "auto"}, "service_tier"),
        ({"speed": "fast"}, "speed"),
        ({"max_tokens": 10_000_000}, "from 1 to 64000"),
        ({"max_tokens": True}, "from 1 to 64000"),
        ({"stream": "yes"}, "true or false"),
        ({"messages": "hello"}, "a list of objects"),
        ({"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "url"}}]}]}, "'image'"),
        ({"system": [{"type": "document"}]}, "'document'"),
        ({"messages": [{"role": "user", "content": [{"type": "tool_result", "content": [{"type": "image"}]}]}]}, "'im"),
        ({"system": [{"type": "text", "text": "", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]}, "five min"),
    ],
)
def test_a_request_that_could_cost_more_or_fetch_something_is_refused(gateway, upstream, cluster, change, said):
    """With a sentence about which entry it is; nothing is spent."""
    answer = post(gateway.url, {**BODY, **change})
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")
    assert said in answer.json()["error"]["message"]
    assert (upstream.asked, cluster.ledger.open) == ([], {})


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"[" * 100_000, b"\xff\xfe{", b'"text"'])
def test_what_is_no_request_is_refused(gateway, body):
    """With an error of the protocol."""
    answer = post(gateway.url, body)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


def test_the_service_reads_what_was_checked(gateway, upstream):
    """Of an entry that stands there twice one was checked, and only that one goes on."""
    dear = json.dumps(BODY).replace("{", '{"model": "claude-fable-5-1", ', 1).encode()
    assert post(gateway.url, dear).status_code == 200
    assert upstream.asked[0].body["model"] == MODEL


def test_a_request_that_is_too_large_is_refused(gateway, upstream):
    """Before it fills anybody's memory."""
    answer = post(gateway.url, b" " * (9 * 2**20))
    assert (answer.status_code, answer.json()["error"]["type"]) == (413, "request_too_large")
    assert upstream.asked == []


@pytest.mark.parametrize("status", [429, 529, 400, 500])
def test_what_the_service_says_comes_through_and_costs_nothing(gateway, upstream, cluster, status):
    """With the time after which it wants to be asked again."""
    failure = {"status": status, "type": "overloaded_error", "headers": {"retry-after": "7"}}
    upstream.says({"error": failure})
    answer = post(gateway.url, BODY)
    assert (answer.status_code, answer.headers["retry-after"]) == (status, "7")
    assert answer.json()["error"]["type"] == "overloaded_error"
    assert cluster.ledger.attempts[KEY].spent.usd == 0


def test_a_key_that_the_service_refuses_is_told_as_ours(gateway, cluster):
    """And is not shown; another one holds from the next call on."""
    gateway.key("sk-that-is-wrong")
    answer = post(gateway.url, BODY)
    assert (answer.status_code, answer.headers["x-should-retry"]) == (502, "false")
    assert "the gateway's own key" in answer.text and "sk-that" not in answer.text
    gateway.key("")
    assert post(gateway.url, BODY).status_code == 503
    gateway.key(SERVICE_KEY)
    assert post(gateway.url, BODY).status_code == 200
    assert cluster.ledger.attempts[KEY].spent.calls == 2


def test_it_is_ready_when_it_has_a_key(gateway):
    """And alive in any case."""
    assert (gateway.page("/readyz"), gateway.page("/healthz")) == ("ok", "ok")
