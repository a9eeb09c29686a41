"""The k6 script for `load.http`: one request at a constant arrival rate. Pure."""

import json
import math
from collections.abc import Iterable
from fractions import Fraction

from setpoint.api.errors import InputError
from setpoint.api.spec import USER_AGENT, Http
from setpoint.load.fold import BEGAN

SHORTEST_TIMEOUT = 5.0
TIMEOUT_IN_LIMITS = 10.0
# The last requests may take their whole time-out; k6 gets this much on top to report them.
REPORT_SECONDS = 1.0
# A virtual user costs about 0.1 MB once it exists. Up to here all are made before the load starts, because k6 drops
# an iteration for each one that it has to make later.
MOST_PREALLOCATED = 2000
SLOWEST = 10**6  # seconds; at least one request in this time

_SCRIPT = """\
import exec from 'k6/execution';
import http from 'k6/http';
import {{ check }} from 'k6';
import {{ Gauge }} from 'k6/metrics';

// Texts of the user stand in here only as JSON inside a string, so that nothing in them is code.
const request = JSON.parse({request});
export const options = JSON.parse({options});
// When the first request was due, in Unix milliseconds; on a busy machine it is sent later than that.
const began = new Gauge('{began}');

export default function () {{
  if (exec.scenario.iterationInTest === 0) began.add(exec.scenario.startTime);
  const url = __ENV.TARGET_URL + request.path;
  const response = http.request(request.method, url, request.body, request.params);
  check(response, {{ 'status is below 400': (answer) => answer.status > 0 && answer.status < 400 }});
}}
"""


def request_timeout(limits: Iterable[float]) -> float:
    """Seconds after which a request has failed; `limits` are the latency limits in seconds."""
    return max([SHORTEST_TIMEOUT, *(TIMEOUT_IN_LIMITS * limit for limit in limits)])


def render(http: Http, *, seconds: float, timeout: float) -> str:
    """The script that sends `http` for `seconds`, warm-up included; it reads TARGET_URL from its environment.

    A request fails after `timeout` seconds, and there are users enough for rate × timeout: a target that hangs gives
    failed requests, not dropped iterations. Raises InputError for a rate that cannot be sent.
    """
    request = {
        "method": http.method,
        "path": http.path,
        "body": http.body,
        "params": {"headers": http.headers, "timeout": round(timeout * 1000), "redirects": 0},
    }
    options = {
        "discardResponseBodies": True,
        "userAgent": USER_AGENT,
        "scenarios": {"requests": _scenario(http.rate, seconds, timeout)},
    }
    return _SCRIPT.format(began=BEGAN, request=_quoted(request), options=_quoted(options))


def _scenario(rate: float, seconds: float, timeout: float) -> dict[str, object]:
    per_unit = Fraction(str(rate)).limit_denominator(SLOWEST)
    if not per_unit:
        raise InputError(f"a rate of {rate:g} is less than one request in {SLOWEST} seconds", where="load.http.rate")
    users = math.ceil(rate * (timeout + REPORT_SECONDS)) + 1
    return {
        "executor": "constant-arrival-rate",
        "rate": per_unit.numerator,  # k6 takes whole numbers only: 2.5 a second is 5 in 2 seconds
        "timeUnit": f"{per_unit.denominator}s",
        "duration": f"{round(seconds * 1000)}ms",
        "preAllocatedVUs": min(users, MOST_PREALLOCATED),
        "maxVUs": users,
        "gracefulStop": f"{round((timeout + REPORT_SECONDS) * 1000)}ms",
    }


def _quoted(value: object) -> str:
    """`value` as JSON in a JavaScript string."""
    return json.dumps(json.dumps(value))
