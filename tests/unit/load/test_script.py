"""The generated script: what it asks of k6, and that nothing of the user's text is code."""

import json
import re

import pytest
from pydantic import ValidationError

from setpoint.api.errors import InputError
from setpoint.api.spec import Http
from setpoint.load.script import MOST_PREALLOCATED, render, request_timeout


def embedded(script: str, name: str) -> dict:
    """The JSON that the script parses for `name`."""
    literal = re.search(rf"const {name} = JSON\.parse\((.*)\);$", script, re.MULTILINE)
    assert literal, script
    return json.loads(json.loads(literal[1]))


def scenario(rate: float, **kwargs: float) -> dict:
    return embedded(render(Http(rate=rate), **{"seconds": 70.0, "timeout": 5.0, **kwargs}), "options")["scenarios"][
        "requests"
    ]


def test_a_rate_is_sent_for_warm_up_and_duration_together():
    """The scenario has a constant arrival rate over all seconds."""
    wanted = scenario(50)
    assert (wanted["executor"], wanted["rate"], wanted["timeUnit"]) == ("constant-arrival-rate", 50, "1s")
    assert wanted["duration"] == "70000ms"


@pytest.mark.parametrize(
    ("rate", "whole", "unit"), [(2.5, 5, "2s"), (0.1, 1, "10s"), (49.9, 499, "10s"), (1e5, 100000, "1s")]
)
def test_a_broken_rate_becomes_whole_requests_in_a_longer_unit(rate, whole, unit):
    """k6 takes whole numbers only."""
    wanted = scenario(rate)
    assert (wanted["rate"], wanted["timeUnit"]) == (whole, unit)


def test_a_rate_that_is_next_to_nothing_is_refused():
    """Less than one request in eleven days is a mistake."""
    with pytest.raises(InputError, match=r"load\.http\.rate"):
        scenario(1e-9)


@pytest.mark.parametrize(("limits", "seconds"), [((), 5.0), ((0.12, 0.4), 5.0), ((0.12, 2.0), 20.0)])
def test_the_time_out_is_ten_times_the_largest_limit_but_at_least_five_seconds(limits, seconds):
    """A slow target must be able to breach before its requests are given up."""
    assert request_timeout(limits) == seconds


@pytest.mark.parametrize("timeout", [5.0, 20.0])
def test_there_are_users_enough_for_a_target_that_never_answers(timeout):
    """Each of rate × time-out requests in flight needs a user; all of them are there from the start."""
    wanted = scenario(50, timeout=timeout)
    assert wanted["maxVUs"] > 50 * timeout
    assert wanted["preAllocatedVUs"] == wanted["maxVUs"]
    assert wanted["gracefulStop"] == f"{timeout * 1000 + 1000:.0f}ms"


def test_a_very_high_rate_does_not_take_all_memory_at_once():
    """Beyond a number, users are made when they are needed."""
    wanted = scenario(5000)
    assert wanted["preAllocatedVUs"] == MOST_PREALLOCATED
    assert wanted["maxVUs"] > 25000


HOSTILE = "'; throw new Error('x'); //\"`${1}\u2028\n*/</script>"


def test_text_of_the_user_comes_out_as_it_went_in_and_is_never_code():
    """Whatever is in a body or a header is data within one line of JSON."""
    headers = {"X-Note": "'\"`${1}", "__proto__": "p"}
    script = render(Http(path="/a'b", method="POST", body=HOSTILE, headers=headers, rate=1), seconds=1.0, timeout=5.0)
    request = embedded(script, "request")
    assert request["body"] == HOSTILE
    assert request["params"]["headers"] == headers
    assert script.isascii()
    assert "throw new" not in re.sub(r"JSON\.parse\(.*\);", "", script)


@pytest.mark.parametrize("headers", [{"X Y": "1"}, {"": "1"}, {"X": "a\r\nY: b"}, {"X": "\x00"}, {"X:": "1"}])
def test_a_header_that_cannot_be_sent_is_refused(headers):
    """k6 would count it as a failure of the target."""
    with pytest.raises(ValidationError, match=r"of a header|is empty|at least 1 character"):
        Http(headers=headers, rate=1)


def test_a_path_with_a_broken_escape_is_refused():
    """k6 would count it as a failure of the target."""
    with pytest.raises(ValidationError, match="%25"):
        Http(path="/100%/x", rate=1)
