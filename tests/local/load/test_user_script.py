"""Scripts of the user's with the real k6: whatever they hold, one clear outcome."""

import json
import time

import pytest

from setpoint.api.errors import InputError, LoadFailed
from setpoint.api.reasons import Reason

OPEN = """
import http from 'k6/http';
import { check } from 'k6';
export const options = {
  systemTags: ['url'],
  thresholds: { http_req_duration: [{ threshold: 'max<0', abortOnFail: true }] },
  scenarios: {
    one: { executor: 'constant-arrival-rate', rate: 100, timeUnit: '10s', duration: '2s', preAllocatedVUs: 5 },
    two: { executor: 'constant-arrival-rate', rate: 20, duration: '2s', preAllocatedVUs: 5, exec: 'work' },
  },
};
export function setup() { check(http.get(`${__ENV.TARGET_URL}/404`), { 'set up': () => false }); }
const checks = { 'it, "works"\\nwell': (r) => r.status === 200 };
export function work() { check(http.get(`${__ENV.TARGET_URL}/work`), checks); }
export default function () { http.post(`${__ENV.TARGET_URL}/env`, JSON.stringify(__ENV)); }
export function handleSummary() { return { stdout: 'x'.repeat(100000) }; }
"""

CLOSED = """
import http from 'k6/http';
import { sleep } from 'k6';
export const options = { vus: 3, duration: 'DURATION' };
export default function () { http.get(`${__ENV.TARGET_URL}/`); sleep(0.1); }
"""


def test_the_arrival_rates_of_a_script_are_what_was_asked_for(lab):
    """Two scenarios, 10 and 20 a second; setup() is no load, its own system tags and thresholds are not ours.

    And it sees the target, but no secrets, no settings of k6's and no home of the user's.
    """
    frame = lab.run(OPEN)
    assert (frame.load.model, frame.load.requested_rate) == ("open", 30)
    assert frame.load.achieved_rate == pytest.approx(30, rel=0.04)
    assert frame.faults == ()
    assert set(frame.load.statuses) == {"200"}
    assert list(frame.load.checks) == ['it, "works"\nwell']
    assert frame.load.duration_seconds == 2
    seen = json.loads(next(body for _, path, _, body in lab.target.requests if path == "/env"))
    assert (seen["TARGET_URL"], seen["SETPOINT_SEED"]) == (lab.target.url, "seed")
    assert "setpoint-load-" in seen["HOME"]
    assert not {"SECRET", "K6_VUS"} & seen.keys()


def test_a_closed_script_runs_and_says_that_it_is_closed(lab):
    """The judge makes LoadModelClosed of it."""
    frame = lab.run(CLOSED.replace("DURATION", "1s"))
    assert (frame.load.model, frame.load.requested_rate) == ("closed", None)
    assert frame.latency.count > 10
    assert frame.load.duration_seconds == pytest.approx(1, abs=0.5)
    assert frame.faults == ()


@pytest.mark.parametrize(
    "script", [CLOSED.replace("DURATION", "10m"), OPEN.replace("duration: '2s'", "duration: '10m'")]
)
def test_a_script_that_would_go_on_is_stopped_in_time(script, lab):
    """Our durations bound its own."""
    began = time.monotonic()
    frame = lab.run(script, duration=1.5)
    assert time.monotonic() - began < 15
    assert frame.load.duration_seconds == pytest.approx(1.5, abs=0.2)
    assert frame.faults == ()


def test_a_script_that_ends_itself_is_measured_as_far_as_it_went(lab):
    """It may know best when it has seen enough."""
    abort = "import exec from 'k6/execution';" + CLOSED.replace("sleep(0.1);", "if (__ITER > 3) exec.test.abort();")
    frame = lab.run(abort.replace("DURATION", "30s"), duration=30.0)
    assert frame.finished
    assert frame.latency.count >= 4
    assert frame.load.duration_seconds < 10


def test_a_script_whose_every_iteration_throws_has_no_data_and_says_why(lab):
    """k6 itself would call it a success."""
    script = CLOSED.replace("http.get", "missing.get").replace("DURATION", "1s")
    frame = lab.run(script, duration=1.0)
    assert [fault.reason for fault in frame.faults] == [Reason.NO_DATA]
    assert "missing is not defined" in frame.faults[0].message


def test_a_script_that_throws_after_its_request_has_data_and_tells_of_it(lab):
    """Its requests were sent and count, and what should have come after them did not happen."""
    script = CLOSED.replace("sleep(0.1);", "sleep(0.1); missing();").replace("DURATION", "1s")
    frame = lab.run(script, duration=1.0)
    assert frame.latency.count > 0 and frame.faults == ()
    assert "missing is not defined" in frame.said


def test_a_script_whose_setup_throws_is_a_failed_load(lab):
    """No verdict can be formed; the message is the script's."""
    script = CLOSED.replace("DURATION", "1s") + "export function setup() { throw new Error('no stock'); }"
    with pytest.raises(LoadFailed, match=r"no stock.*load\.js"):
        lab.run(script, duration=1.0)


BAD = "export default function () {}"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("", "empty"),
        ("export default function ( {", "Unexpected end of input"),
        ("const nothing = 1;", "no exported functions"),
        ("throw new Error('boom'); " + BAD, "boom"),
        ("while (true) {} " + BAD, "more than 1.5 s"),
        ("while (true) console.error('x'.repeat(1000)); " + BAD, "more than 1.5 s"),
        ("import x from 'https://jslib.k6.io/k6-utils/1.2.0/index.js'; " + BAD, "imports from the network"),
        ("import x from 'k6/x/sql'; " + BAD, "k6 extension"),
        ("import x from './helper.js'; " + BAD, "helper.js"),
        ("export const options = { scenarios: { a: { executor: 'none' } } }; " + BAD, "unknown executor"),
        ("export const options = { vus: 1, duration: 'long' }; " + BAD, "duration"),
        (
            "export const options = { scenarios: { a: { executor: 'constant-vus', duration: '1s', exec: 'work' } } }; "
            + BAD,
            "work",
        ),
    ],
)
def test_a_script_that_cannot_work_is_one_clear_error_that_names_it(script, words, lab):
    """Before any load is made."""
    with pytest.raises(InputError) as raised:
        lab.run(script)
    message = str(raised.value)
    assert str(lab.folder / "load.js") in message
    assert words in message
    assert "\n" not in message
    assert lab.target.requests == []


@pytest.mark.parametrize("name", ["missing.js", "folder"])
def test_a_script_that_is_not_there_is_an_error(name, lab):
    """A folder is no script either."""
    (lab.folder / "folder").mkdir()
    order = lab.order(BAD, warmup=0.0, duration=1.0)
    load = order.load.model_copy(update={"script": name})
    with pytest.raises(InputError, match=name), lab.loader.start(type(order)(load, order.url, folder=order.folder)):
        pass


# The first time that k6 reads it, it asks for 20 a second, and ever after for 400.
TWO_FACED = """
import http from 'k6/http';
let looked = '';
try { looked = open(`${__ENV.HOME}/inspect.json`); } catch (nothing) {}
const rate = looked.includes('scenarios') ? 400 : 20;
export const options = {
  rps: 100000,
  scenarios: { one: { executor: 'constant-arrival-rate', rate, duration: '2s', preAllocatedVUs: 30 } },
};
export default function () { http.get(`${__ENV.TARGET_URL}/`); }
"""
GREEDY = """
import http from 'k6/http';
export const options = {
  rps: 100000,
  scenarios: { one: { executor: 'constant-arrival-rate', rate: 10, duration: '3s', preAllocatedVUs: 50 } },
};
export function setup() { for (let i = 0; i < 10; i++) http.get(`${__ENV.TARGET_URL}/`); }
export default function () { http.batch(Array(100).fill(`${__ENV.TARGET_URL}/`)); }
"""


CLOSED_MODELS = {
    "constant-vus": "vus: 20, duration: '2s'",
    "ramping-vus": "startVUs: 20, stages: [{ duration: '2s', target: 30 }]",
    "shared-iterations": "vus: 20, iterations: 100000, maxDuration: '2s'",
}


@pytest.mark.parametrize("model", CLOSED_MODELS)
def test_a_closed_script_is_held_to_the_ceiling_by_k6(lab, model):
    """It asks for as much as its users can send; neither that nor its own rps lifts the ceiling."""
    lab.loader = lab.limited(rate=25)
    began = time.monotonic()
    frame = lab.run(
        f"""
        import http from 'k6/http';
        const one = {{ executor: '{model}', {CLOSED_MODELS[model]} }};
        export const options = {{ rps: 100000, scenarios: {{ one }} }};
        export default function () {{ http.get(`${{__ENV.TARGET_URL}}/`); }}
        """,
        duration=2.0,
    )
    assert 25 <= len(lab.target.requests) <= 25 * (time.monotonic() - began) + 2
    assert (frame.load.model, frame.load.requested_rate) == ("closed", None)


def test_a_script_that_says_one_thing_to_who_looks_and_another_to_who_loads_is_held_to_the_first(lab):
    """What was compared with the ceilings is what is sent."""
    lab.loader = lab.limited(rate=25)
    frame = lab.run(TWO_FACED)
    assert frame.load.requested_rate == 20
    assert len(lab.target.requests) <= 2 * 20 + 1


def test_a_script_that_sends_many_requests_in_one_iteration_is_held_to_the_ceiling(lab):
    """Its own options do not lift it. What it did not send is not judged by."""
    lab.loader = lab.limited(rate=25)
    began = time.monotonic()
    frame = lab.run(GREEDY, duration=3.0)
    assert len(lab.target.requests) <= 25 * (time.monotonic() - began) + 2
    assert len(lab.target.requests) >= 25  # it did send, as fast as it may
    assert [fault.reason for fault in frame.faults] == [Reason.LOAD_NOT_REACHED]
