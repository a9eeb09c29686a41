"""The pull request's text: what people need to decide, and nothing that outside text could do to them."""

import re

import pytest

from setpoint.api.reasons import Result
from setpoint.api.remedy import Tried
from setpoint.report.pull_request import LONGEST_BODY, Story, body, title


@pytest.fixture
def story(verdict, proposal, verification, tried) -> Story:
    """A verified repair on the second attempt."""
    return Story(
        name="checkout",
        commit="3f2c9a1b7d40aa",
        branch="setpoint/checkout/3f2c",
        before=verdict,
        proposal=proposal,
        verification=verification,
        words=("4 MB are kept from app.py:1",),
        tried=(tried,),
    )


def changed(story: Story, **changes) -> Story:
    """The story with other values."""
    return Story(**{name: changes.get(name, getattr(story, name)) for name in Story.__slots__})


def test_the_text_has_what_a_reviewer_asks_for(story):
    """Table, cause, change, before and after, how to reproduce, what was tried, how to stop."""
    text = body(story)
    headings = re.findall("^## (.*)$", text, re.MULTILINE)
    assert headings == [
        "What is breached",
        "Cause",
        "Change",
        "Verification",
        "How to reproduce",
        "How to stop this",
        "What else was tried",
    ]
    assert "| heap.growth | 92 | ≤ 0 MB/h | 86 … 98 | ✗ Breached |" in text
    assert "| heap.growth | 92 | 0.3 | ≤ 0 MB/h | -97 … -86 | better |" in text
    assert "- 4 MB are kept from app.py:1" in text
    assert "```diff\ndiff --git a/app.py" in text
    assert "Attempt 1: clear the cache. It was not enough: the tests fail" in text
    assert "git diff 3f2c9a1b7d40aa setpoint/checkout/3f2c" in text


def test_an_unverified_repair_says_so(story):
    """A draft must not look like a proof."""
    text = body(changed(story, verification=None))
    assert "Its effect is not verified yet" in text
    assert "Accepted" not in text


def test_an_ended_remediation_says_how_it_ended(story):
    """The last words are the first that people read."""
    text = body(changed(story, ended="NoImprovement: 3 attempts, all dropped"))
    assert text.startswith("Setpoint of `checkout` at commit `3f2c9a1b7d40`: NoImprovement: 3 attempts, all dropped")


def test_hostile_text_cannot_leave_its_place(story, proposal, verdict):
    """Fences, tables, HTML, mentions, images, commands: from a model, a patch, a message or a name."""
    evil = "`|``` \n```\n## owned\n<img src=x> @root ![i](http://x) $(rm -rf /)\x1b[31m\u202e"
    hostile = proposal.model_copy(
        update={"title": evil, "cause": evil, "explanation": evil, "patch": f"+{evil}\n", "pattern": evil}
    )
    rows = tuple(row.model_copy(update={"message": evil}) for row in verdict.rows)
    text = body(
        changed(
            story,
            proposal=hostile,
            before=verdict.model_copy(update={"rows": rows}),
            words=(evil,),
            tried=(Tried(number=1, title=evil, patch=evil, why_not=evil),),
            branch=evil,
            file=evil,
            name=evil,
            ended=evil,
        )
    )
    outside = re.sub(r"^(`{3,})[a-z]*\n.*?\n\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", outside)
    assert not re.search("^ *## owned", outside, re.MULTILINE)
    assert "<img" not in outside
    assert "@root" not in outside
    assert not re.search(r"(?<!\\)\]\(", outside)
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_the_text_stays_within_what_forges_take(story, proposal, verdict):
    """However large the patch, however many the attempts and rows."""
    patch = "+x\n" * 80_000
    many = tuple(Tried(number=n, title="t" * 500, patch=patch, why_not="w" * 5000) for n in range(50))
    rows = tuple(row.model_copy(update={"message": "m" * 5000}) for row in verdict.rows * 30)
    large = changed(
        story,
        proposal=proposal.model_copy(update={"patch": patch, "cause": "c" * 99_999, "explanation": "e" * 99_999}),
        before=verdict.model_copy(update={"rows": rows}),
        tried=many,
    )
    text = body(large)
    assert len(text) < LONGEST_BODY + 1000
    assert "Too long for here" in text


def test_the_title_is_one_line_with_or_without_a_proposals(verdict, proposal):
    """It becomes a commit's first line too."""
    assert title("checkout", verdict, proposal) == "checkout: bound the cache"
    assert title("checkout", verdict, proposal.model_copy(update={"title": ""})) == "checkout: repair heap.growth"
    assert "\n" not in title("checkout", verdict, proposal.model_copy(update={"title": "a\nb"}))
    assert verdict.result is Result.BREACHED
