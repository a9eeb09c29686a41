"""How an answer, a call or a conversation can end, through the real SDK; and what is kept of it."""

import time

import pytest

from setpoint.api.errors import BudgetExhausted, InputError, ModelFailed
from setpoint.api.prices import DEFAULT_MODEL

FILE = "services/events/processor.py"
OLD = "        self.ledger.add(self.events)\n"
EDIT = {"name": "edit", "input": {"path": FILE, "old": OLD, "new": OLD + "        self.events.clear()\n"}}
FINISH = {"tools": [{"name": "finish", "input": {"title": "Empty it", "cause": "line 80", "explanation": "Counted."}}]}
DONE = ({"tools": [EDIT]}, FINISH)
LOOK = {"tools": [{"name": "list", "input": {}}]}


def failure(status: int, kind: str = "api_error", **headers: str) -> dict[str, object]:
    """A turn that is an error."""
    return {"error": {"status": status, "type": kind, "headers": {k.replace("_", "-"): v for k, v in headers.items()}}}


def test_a_model_that_only_talks_is_reminded_and_then_taken_at_its_word(play):
    """What it changed stands, with what it said as its account."""
    shop = play({"tools": [EDIT]}, {"text": "Done, I think."}, {"text": "Yes."}, {"text": "I emptied the batch."})
    proposal = shop.model()
    assert (proposal.title, proposal.explanation) == ("I emptied the batch.", "I emptied the batch.")
    assert "self.events.clear()" in proposal.patch
    assert "finish" in shop.asked[2]["messages"][-1]["content"][0]["text"]


def test_a_model_that_says_nothing_at_all_is_reminded_too(play):
    """An empty answer cannot be sent back; the conversation goes on without it."""
    shop = play({"stop": "end_turn"}, *DONE)
    assert shop.model().patch
    assert [message["role"] for message in shop.asked[1]["messages"]] == ["user", "user"]


def test_a_call_that_was_cut_off_is_not_run(play):
    """Half an edit would be a wrong edit; whole calls before it are run."""
    cut = {"name": "edit", "json": '{"path": "services/events/app.py", "old": "import json", "new": "impo'}
    shop = play({"tools": [EDIT, cut], "stop": "max_tokens"}, FINISH)
    proposal = shop.model()
    whole, half = shop.told(1)
    assert (whole["is_error"], half["is_error"]) == (False, True)
    assert "cut off" in half["content"] and "app.py" not in proposal.patch


def test_words_that_were_cut_off_may_go_on(play):
    """With a hint to be shorter."""
    shop = play({"thinking": "so much", "stop": "max_tokens"}, *DONE)
    assert shop.model().patch
    assert "shorter" in shop.asked[1]["messages"][-1]["content"][0]["text"]


def test_a_pause_goes_on_where_it_was(play):
    """The answer so far is sent back as it came."""
    shop = play({"text": "Wait.", "stop": "pause_turn"}, *DONE)
    assert shop.model().patch
    assert shop.asked[1]["messages"][-1] == {"role": "assistant", "content": [{"type": "text", "text": "Wait."}]}


def test_a_refusal_is_a_proposal_without_a_patch(play):
    """It says so, and what was changed before is not used."""
    refusal = {"stop": "refusal", "details": {"category": "cyber", "explanation": "It looks like an attack."}}
    proposal = play({"tools": [EDIT]}, refusal).model()
    assert proposal.patch == ""
    assert proposal.explanation == "the model declines to answer: cyber: It looks like an attack."


def test_a_conversation_that_outgrows_the_model_is_over(play):
    """It is a limit like the others."""
    shop = play({"text": "so long", "stop": "model_context_window_exceeded"})
    with pytest.raises(BudgetExhausted, match="outgrew"):
        shop.model()


@pytest.mark.parametrize(
    "turn",
    [
        failure(429, "rate_limit_error", retry_after="0"),
        failure(529, "overloaded_error", retry_after="0.05"),
        failure(500, retry_after="0"),
        failure(503, retry_after="0"),
    ],
)
def test_what_may_pass_is_tried_again(play, turn):
    """After as long as the server asks for."""
    shop = play(turn, turn, *DONE)
    assert shop.model().patch
    assert [line["kind"] for line in shop.trace].count("failed") == 2
    kind = turn["error"].get("type", "api_error")
    assert shop.talk.getvalue().count(f"model: {kind}: scripted; asked again in 0") == 2


@pytest.mark.parametrize(
    "turn",
    [
        {"text": "I will", "cut": {"after_events": 4, "how": "drop"}},
        {"text": "I will", "cut": {"after_events": 4, "how": "end"}},
        {"text": "I will", "error": {"type": "overloaded_error", "after_events": 4}},
        {"tools": [{"name": "edit", "json": "{]"}]},
    ],
    ids=["dropped", "ended", "error", "garbled"],
)
def test_an_answer_that_breaks_off_is_asked_for_again_and_paid_for(play, turn):
    """Nothing of the broken answer is used; its tokens count."""
    shop = play(turn, *DONE)
    assert shop.model().patch
    assert shop.asked[0]["messages"] == shop.asked[1]["messages"]
    failed = next(line for line in shop.trace if line["kind"] == "failed")
    assert failed["usage"]["input_tokens"] == 1000 and float(failed["usd"]) > 0.002


def test_a_server_that_stays_busy_ends_the_attempt(play):
    """After a handful of tries, with its own word for it."""
    shop = play({**failure(529, "overloaded_error", retry_after="0"), "times": 50})
    with pytest.raises(ModelFailed, match=r"does not answer.*overloaded_error: scripted"):
        shop.model()
    assert len(shop.asked) == 5


def test_nobody_waits_for_hours(play):
    """A server that asks for that is not available."""
    began = time.monotonic()
    with pytest.raises(ModelFailed, match="not available for another 7200 s"):
        play(failure(429, "rate_limit_error", retry_after="7200")).model()
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    ("turn", "said"),
    [
        (failure(400, "invalid_request_error"), "refuses the request"),
        (failure(403, "permission_error"), "refuses the key"),
        (failure(404, "not_found_error"), "no model claude-sonnet-5-5"),
        (failure(402, "billing_error"), "refuses the request"),
        (failure(429, "rate_limit_error", x_should_retry="false"), "refuses the request"),
    ],
)
def test_what_will_not_pass_is_said_at_once(play, turn, said):
    """In one line, with the server's own words."""
    shop = play(turn)
    with pytest.raises(ModelFailed, match=f"{said}.*scripted") as caught:
        shop.model()
    assert "\n" not in str(caught.value) and len(shop.asked) == 1


def test_a_wrong_key_is_refused_in_one_line(play):
    """And is not shown."""
    shop = play(*DONE, key="another")
    with pytest.raises(ModelFailed, match=r"refuses the key.*invalid x-api-key.*ANTHROPIC_API_KEY") as caught:
        shop.model()
    assert "sk-scripted" not in str(caught.value)


def test_without_a_key_nothing_is_asked(play):
    """The message names the variable."""
    shop = play(*DONE)
    with pytest.raises(ModelFailed, match="set ANTHROPIC_API_KEY"):
        shop.propose("anthropic", {"ANTHROPIC_BASE_URL": shop.url})
    assert shop.asked == []


def test_a_token_in_place_of_a_key_will_do(play):
    """As a gateway gives them out."""
    shop = play(*DONE, key="from-the-gateway")
    environment = {"ANTHROPIC_AUTH_TOKEN": "from-the-gateway", "ANTHROPIC_BASE_URL": shop.url}
    assert shop.propose("anthropic", environment).patch


def test_no_server_is_one_line(play, shop):
    """Nothing listens there."""
    environment = {"ANTHROPIC_API_KEY": "key", "ANTHROPIC_BASE_URL": "http://127.0.0.1:9"}
    with pytest.raises((ModelFailed, BudgetExhausted), match=r"connection failed|seconds"):
        shop.propose("anthropic", environment, budget={"duration": "1s"})


@pytest.mark.parametrize(
    ("budget", "turn", "said"),
    [
        ({"turns": 4}, LOOK, "after 4 turns"),
        ({"tokens": 50_000}, {**LOOK, "usage": {"input": 20_000}}, "of 50000 tokens"),
        ({"usd": "0.09"}, {**LOOK, "usage": {"input": 20_000}}, "0.08 of 0.09 US dollars"),
        ({"duration": "1s"}, {**LOOK, "delay": 0.1}, "after 1 seconds"),
    ],
)
def test_every_limit_ends_an_endless_conversation(play, budget, turn, said):
    """And the trace is whole."""
    shop = play({**turn, "times": 10_000})
    with pytest.raises(BudgetExhausted, match=said):
        shop.model(budget=budget)
    assert shop.trace[-1]["kind"] == "end" and said in shop.trace[-1]["why"]


def test_a_stream_that_trickles_for_ever_is_left_when_time_is_up(play):
    """The wall time holds in the middle of an answer too."""
    shop = play({"text": "x" * 100_000, "delay": 0.05})
    began = time.monotonic()
    with pytest.raises(BudgetExhausted, match="after 1 seconds"):
        shop.model(budget={"duration": "1s"})
    assert time.monotonic() - began < 20


def test_money_is_counted_over_the_attempts_of_a_remediation(play):
    """The second attempt finds the budget spent by the first."""
    dear = {"usage": {"input": 50_000, "output": 1_000}}
    shop = play({**DONE[0], **dear}, {**FINISH, **dear}, LOOK)
    assert shop.model(budget={"usd": "0.23"}).patch
    assert "model: turns 2, tokens 102000, spent 0.220 of 0.23 US dollars" in shop.talk.getvalue()
    assert shop.trace[0]["model"] == DEFAULT_MODEL
    with pytest.raises(BudgetExhausted, match=r"0\.22 of 0\.23 US dollars"):
        shop.model(budget={"usd": "0.23"})
    assert len(shop.asked) == 2


def test_the_answer_is_kept_short_when_little_money_is_left(play):
    """What is asked for can be paid."""
    shop = play(*DONE)
    shop.model(budget={"usd": "0.10"})
    assert shop.asked[0]["max_tokens"] < 10_000


def test_a_model_with_unknown_prices_needs_them(play):
    """No money is spent that cannot be counted."""
    shop = play(*DONE)
    with pytest.raises(InputError, match=r"prices of my-own are not known.*repair\.prices"):
        shop.model(model="my-own")
    assert shop.model(model="my-own", prices={"input": "1", "output": "2"}).patch
    assert {asked["model"] for asked in shop.asked} == {"my-own"}
