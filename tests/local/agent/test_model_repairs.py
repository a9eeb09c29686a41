"""A scripted model repairs the demo: real SDK, real HTTP, real repository, real tests."""

import json

import pytest

from setpoint.api.remedy import Tried

KEY = "sk-scripted"
FILE = "services/events/processor.py"
OLD = "        self.ledger.add(self.events)\n"
NEW = OLD + "        self.events.clear()\n"
EDIT = {"tools": [{"name": "edit", "input": {"path": FILE, "old": OLD, "new": NEW}}]}
LAST_WORD = {
    "title": "Forget events that were handed over",
    "cause": f"{FILE}:80 never empties the batch",
    "explanation": "The ledger has counted them.",
}
FINISH = {"tools": [{"name": "finish", "input": LAST_WORD}]}


def call(name: str, **arguments: object) -> dict[str, object]:
    """A turn that calls one tool."""
    return {"tools": [{"name": name, "input": arguments}]}


@pytest.fixture(scope="module")
def repaired(play_once):
    """A whole attempt: look around, edit, test, measure, hand in."""
    shop = play_once(
        {"thinking": "Look first.", **call("list")},
        {"text": "I read the code.", **call("grep", text="self.events")},
        call("read", path=FILE, first=50),
        EDIT,
        {"tools": [{"name": "run_tests", "input": {}}, {"name": "measure", "input": {}}]},
        FINISH,
    )
    return shop, shop.model()


def test_the_demo_is_repaired(repaired):
    """The patch is one line, the project's tests pass on it, and the model's account stands with it."""
    shop, proposal = repaired
    added = [line for line in proposal.patch.splitlines() if line.startswith("+") and not line.startswith("+++")]
    assert added == ["+        self.events.clear()"]
    assert shop.tests_pass(proposal.patch)
    assert (proposal.title, proposal.cause, proposal.proposer) == (LAST_WORD["title"], LAST_WORD["cause"], "anthropic")
    assert shop.told(5)[0]["content"].startswith("the tests pass")
    assert shop.told(5)[1]["content"] == "heap.growth 900 → 3 MB/h"
    assert shop.measured == [proposal.patch]


def test_the_model_sees_files_without_settings_keys_and_links(repaired):
    """What would steer it, what it could give away, and what lies outside is not there."""
    shop, _ = repaired
    listed = shop.told(1)[0]["content"].splitlines()
    assert FILE in listed
    assert not {"CLAUDE.md", ".env", "away"} & {name.rpartition("/")[2] for name in listed}
    assert f"{FILE}:80:         self.ledger.add(self.events)" in shop.told(2)[0]["content"]


def test_the_prompt_is_cached_and_grows_at_its_end(repaired):
    """System, tools and brief are the same bytes in each request, and the last message is marked for the cache."""
    shop, _ = repaired
    first, last = shop.asked[0], shop.asked[-1]
    assert (first["system"], first["tools"]) == (last["system"], last["tools"])
    assert first["messages"][0] == last["messages"][0]
    assert last["messages"][-1]["content"][-1]["cache_control"] == {"type": "ephemeral"}
    assert json.dumps(last).count("cache_control") == 3
    assert last["messages"][1]["content"][0]["signature"] == "scripted"


def test_the_trace_holds_every_message_and_what_it_cost(repaired):
    """In the order in which it happened, without the key."""
    shop, _ = repaired
    kinds = [line["kind"] for line in shop.trace]
    assert kinds[:4] == ["begin", "message", "asked", "answered"] and kinds[-1] == "end"
    assert kinds.count("answered") == 6
    answered = next(line for line in shop.trace if line["kind"] == "answered")
    assert (answered["stop"], answered["usage"]["input_tokens"], answered["usd"]) == ("tool_use", 1000, "0.003")
    assert shop.trace[-1]["why"] == "done"
    assert KEY not in json.dumps(shop.trace)


def test_people_see_what_the_model_does(repaired):
    """One line a call."""
    shop, _ = repaired
    assert f"model, turn 4: edit {FILE}" in shop.talk.getvalue()


def test_nothing_is_left_behind(repaired):
    """No scratch tree."""
    shop, _ = repaired
    assert list((shop.scratch / "propose").iterdir()) == []


def test_without_a_change_the_models_reason_is_the_proposal(play):
    """An honest no is an answer."""
    proposal = play(FINISH).model()
    assert (proposal.patch, proposal.explanation) == ("", LAST_WORD["explanation"])


def test_an_attempt_builds_on_what_improved_and_is_told_what_failed(play):
    """The patch holds both changes; a repetition is refused while it can still be mended."""
    first = play(EDIT, FINISH).model().patch
    tried = (Tried(number=1, title="x", patch=first, why_not="did not help enough"),)
    smaller = call("edit", path=FILE, old="BATCH = 100", new="BATCH = 50")
    shop = play(EDIT, FINISH, smaller, FINISH)
    proposal = shop.model(tried=tried)
    assert "the same change as attempt 1" in shop.told(2)[0]["content"]
    assert "did not help enough" in shop.asked[0]["messages"][0]["content"][0]["text"]
    assert "+BATCH = 50" in proposal.patch and "+        self.events.clear()" in proposal.patch
    again = play(FINISH).model(tried=tried, base_patch=first)
    assert again.patch == ""
