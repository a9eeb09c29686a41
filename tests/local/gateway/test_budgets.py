"""Money: written down before a call, settled after it, never more than there is, and never forgotten."""

import threading
import time
from decimal import Decimal

import anthropic
import httpx2
import pytest

from local.gateway.cluster import KEY, review
from local.gateway.conftest import MODEL, PROMPT, Process, ask, client, post
from setpoint.api.gateway import LEDGER_KEY, LEDGER_MAP, OVER_BUDGET

BODY = {"model": MODEL, "max_tokens": 1000, "messages": [{"role": "user", "content": PROMPT}]}
# A thousand tokens of answer are a cent; what the question may cost is less than that.
CALL = Decimal("0.003")


@pytest.mark.parametrize(
    ("grant", "named"),
    [({"usd": "0.010"}, "remediation's budget"), ({"tokens": 1500}, "attempt's budget")],
)
def test_a_budget_that_could_not_pay_for_the_call_stops_it(gateway, cluster, upstream, grant, named):
    """With an error of the protocol that says which, how much of it is used, and what to raise."""
    cluster.allow(**grant)
    with pytest.raises(anthropic.APIStatusError) as caught:
        ask(gateway.url)
    error = caught.value
    assert (error.status_code, error.type, error.error_code) == (402, "billing_error", OVER_BUDGET)
    assert named in str(error) and "repair.budget" in str(error)
    assert error.response.headers["x-should-retry"] == "false"
    assert (upstream.asked, cluster.ledger.open) == ([], {})


def test_the_sum_of_all_calls_stays_under_the_budget(gateway, cluster):
    """And of all attempts of the remediation."""
    cluster.allow(usd="0.030")
    other = "0123456789-2"
    statuses = [post(gateway.url, BODY).status_code for _ in range(12)]
    calls = statuses.count(200)
    assert statuses == [200] * calls + [402] * (12 - calls)
    spent = cluster.ledger.of_remediation("0123456789")
    assert spent == CALL * calls <= Decimal("0.030")
    assert calls >= 4
    cluster.allow(other, account=f"setpoint-{other}-agent", accountUid="another", attempt=2, usd="0.030")
    cluster.tokens["next"] = _of(other)
    with pytest.raises(anthropic.APIStatusError, match="remediation's budget"):
        ask(gateway.url, token="next")


def _of(key):
    pod = {"authentication.kubernetes.io/pod-name": [f"setpoint-{key}-propose-abcde"]}
    return review(username=f"system:serviceaccount:shop:setpoint-{key}-agent", uid="another", extra=pod)


@pytest.mark.parametrize(
    ("limit", "named"),
    [("--usd-per-day", "for all constraints"), ("--usd-per-constraint-per-day", "constraint's budget of the day")],
)
def test_a_day_has_a_budget_too(cluster, upstream, tmp_path, limit, named):
    """Whatever constraints ask for."""
    cluster.fresh()
    upstream.says({"text": "hello", "times": 10})
    process = Process(tmp_path / "gateway", cluster, upstream.server.url, limit, "0.014")
    try:
        assert post(process.url, BODY).status_code == 200
        refused = post(process.url, BODY)
        assert refused.status_code == 402, refused.text
        assert named in refused.json()["error"]["message"] and limit in refused.json()["error"]["message"]
    finally:
        process.kill()


def test_the_answer_passes_by_as_it_comes_and_its_money_is_gone_before(hold, cluster):
    """The first words are here while the service still holds back the rest."""
    process, held = hold()
    with client(process.url) as made, made.messages.stream(**BODY) as stream:
        words = iter(stream.text_stream)
        assert next(words) == "first"
        [reserved] = cluster.ledger.open.values()
        assert reserved.usd > Decimal("0.01") and KEY not in cluster.ledger.attempts
        held.go_on.set()
        assert list(words) == []
        assert stream.get_final_message().usage.output_tokens == 100
    _settled(cluster)
    assert cluster.ledger.attempts[KEY].spent.usd == CALL


def test_one_call_at_a_time(hold, cluster):
    """A second one of the same attempt is told to wait, and costs nothing."""
    process, held = hold()
    first = threading.Thread(target=ask, args=(process.url,))
    first.start()
    assert held.asked.wait(60)
    answer = post(process.url, BODY)
    assert (answer.status_code, answer.json()["error"]["type"]) == (429, "rate_limit_error")
    held.go_on.set()
    first.join()
    _settled(cluster)
    assert cluster.ledger.attempts[KEY].spent.calls == 1


def test_a_gateway_that_dies_in_a_call_has_spent_all_that_the_call_could_cost(hold, cluster):
    """The next one finds the reservation, charges it, and goes on from there."""
    process, held = hold()
    with client(process.url) as made, made.messages.stream(**BODY) as stream:
        assert next(iter(stream.text_stream)) == "first"
        [reserved] = cluster.ledger.open.values()
        process.kill()
        with pytest.raises(httpx2.HTTPError):
            stream.get_final_message()
    held.go_on.set()
    after, _ = hold()
    assert "1 calls of a gateway before this one are charged" in after.log
    ledger = cluster.ledger
    assert (ledger.open, ledger.attempts[KEY].spent.usd) == ({}, reserved.usd)
    cluster.allow(usd=str(reserved.usd.quantize(Decimal("0.000001")) + Decimal("0.005")))
    assert post(after.url, BODY).status_code == 402


def test_an_answer_that_breaks_off_counts_with_all_the_room_that_it_had(gateway, cluster, upstream):
    """Nobody says what was written: the question as it was counted, and a thousand tokens of answer."""
    upstream.says({"text": "long " * 100, "usage": {"input": 500}, "cut": {"afterEvents": 5}})
    before = len(gateway.lines)
    with pytest.raises(httpx2.HTTPError):
        ask(gateway.url)
    _settled(cluster)
    assert cluster.ledger.attempts[KEY].spent.usd == Decimal("0.011")
    _until(lambda: len(gateway.lines) > before)
    assert gateway.lines[-1]["outcome"] == "BrokenOff"


def test_a_caller_that_goes_in_the_middle_pays_for_it(hold, cluster):
    """Its answer is not waited for."""
    process, held = hold()
    with client(process.url) as made, made.messages.stream(**BODY) as stream:
        assert next(iter(stream.text_stream)) == "first"
    held.go_on.set()
    _settled(cluster)
    # Either its going was seen, or the last words were on their way already.
    assert cluster.ledger.attempts[KEY].spent.usd in (Decimal("0.012"), CALL)


def test_a_service_that_is_not_there_costs_nothing(cluster, tmp_path):
    """It is told as a passing trouble."""
    cluster.fresh()
    process = Process(tmp_path / "gateway", cluster, "http://127.0.0.1:9")
    try:
        answer = post(process.url, BODY)
        assert (answer.status_code, answer.json()["error"]["type"]) == (502, "api_error")
        assert cluster.ledger.attempts[KEY].spent.usd == 0
    finally:
        process.kill()


def test_somebody_elses_writing_is_not_lost(gateway, cluster):
    """A ledger that was changed beside us is read again before it is written."""
    ask(gateway.url)
    with cluster.lock:
        ledger = cluster.maps[LEDGER_MAP]
        ledger["version"] += 1
        ledger["data"][LEDGER_KEY] = ledger["data"][LEDGER_KEY].replace('"usd":"0.003"', '"usd":"4.999"')
    with pytest.raises(anthropic.APIStatusError, match=r"4\.9990 of 5\.00"):
        ask(gateway.url)


def test_a_ledger_that_cannot_be_read_lets_nothing_through(cluster, upstream, tmp_path):
    """The gateway does not even start: what was spent is not known."""
    cluster.fresh()
    cluster.maps[LEDGER_MAP]["data"][LEDGER_KEY] = "{"
    with pytest.raises(AssertionError, match="cannot be read"):
        Process(tmp_path / "gateway", cluster, upstream.server.url)


def _settled(cluster) -> None:
    """Wait until nothing is under way."""
    _until(lambda: not cluster.ledger.open and KEY in cluster.ledger.attempts)


def _until(holds) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
