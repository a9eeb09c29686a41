"""The target's signals from the Prometheus that the operator's configuration names."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from setpoint.api.configuration import Endpoint
from setpoint.api.metrics import Fault, Signals
from setpoint.api.ports import Asked
from setpoint.api.reasons import Reason
from setpoint.api.resource import ResourceSpec
from setpoint.kube.kept import Told
from setpoint.kube.metrics import Metrics as Counters

LONGEST_STEP_SECONDS, FEWEST_POINTS = 15.0, 60
_BESIDE = ("own.", "cardinality.labels")
_ABSENT = (Reason.NO_DATA, Reason.STALE_DATA, Reason.PARTIAL_DATA, Reason.QUERY_FAILED)


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when, in Unix seconds."""

    start: float
    end: float

    @property
    def step(self) -> float:
        """Seconds between two points."""
        return min(LONGEST_STEP_SECONDS, max((self.end - self.start) / FEWEST_POINTS, 1.0))


@dataclass(frozen=True, slots=True)
class Read:
    """What was read; `told` is for the condition MetricsAvailable. `answered`: each query was, and in full."""

    signals: Signals
    own: Signals | None
    faults: tuple[Fault, ...]
    told: Told
    answered: bool


class Telemetry:
    """One endpoint. Nothing is imported and no connection is made before something is read."""

    def __init__(self, endpoint: Endpoint, counters: Counters) -> None:
        self._endpoint, self._counters = endpoint, counters

    def read(self, spec: ResourceSpec, selector: Mapping[str, tuple[str, str]], window: Window) -> Read:
        """The signals of the series that `selector` (label -> operator, value) takes; never raises for what it gets."""
        from setpoint.sense.prometheus import connect, read
        from setpoint.sense.selector import Matcher

        try:
            token = _token(self._endpoint)
        except OSError as error:
            return _unread(f"the token of the Prometheus cannot be read: {error.strerror}")
        client = connect(self._endpoint.url, token, self._endpoint.timeout)
        target = tuple(Matcher(label, operator, value) for label, (operator, value) in sorted(selector.items()))
        asked = Asked(spec.constraints, spec.telemetry.runtime, spec.telemetry.queries, spec.target.metrics)
        signals, own, faults = read(client, target, asked, window.start, window.end, window.step)
        trouble = client.trouble or _gap(faults)
        self._counters.query("Failed" if trouble else "Answered")
        return Read(signals, own, faults, _told(trouble, faults), client.trouble is None)


def _token(endpoint: Endpoint) -> str:
    # Read anew each time: a projected token is replaced while we run.
    return Path(endpoint.token_file).read_text(encoding="utf-8").strip() if endpoint.token_file else ""


def _told(trouble: str | None, faults: tuple[Fault, ...]) -> Told:
    if trouble is None:
        return Told(status="True", reason="Fresh", message="every query that the setpoints need was answered in full")
    said = next((fault.message for fault in faults if fault.message), "")
    return Told(status="False", reason=trouble, message=said)


def _gap(faults: tuple[Fault, ...]) -> str | None:
    """An answer in full that lacks what rows rest on; what the target itself exports of its requests may be absent."""
    needed = (fault for fault in faults if not fault.signal.startswith(_BESIDE))
    return "Partial" if any(fault.reason in _ABSENT for fault in needed) else None


def _unread(message: str) -> Read:
    fault = Fault(signal="target", reason=Reason.QUERY_FAILED, message=message)
    return Read(Signals(), None, (fault,), Told(status="False", reason="Unauthorized", message=message), False)
