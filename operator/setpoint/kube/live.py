"""The measurement without a load: a window of live traffic, read from Prometheus alone. The port `Slow`."""

from setpoint.api.metrics import Metrics, Signals
from setpoint.api.ports import MeasureOrder, Progress
from setpoint.kube.cluster import Cluster, Object
from setpoint.kube.facts import Deployed
from setpoint.kube.kept import Measured, Results, Told
from setpoint.kube.load_job import LoadRequest
from setpoint.kube.load_state import unix
from setpoint.kube.measuring import SETTLE_SECONDS
from setpoint.kube.target import names_of, pods_of, selector_of, target_of
from setpoint.kube.telemetry import Telemetry, Window


class LiveMeasure:
    """Waits until every pod has been there for the whole window, then reads it."""

    def __init__(
        self,
        cluster: Cluster,
        results: Results,
        telemetry: Telemetry,
        request: LoadRequest,
        deployed: Deployed | None,
        revision: str | None,
        now: float,
    ) -> None:
        self._cluster, self._results, self._telemetry = cluster, results, telemetry
        self._request, self._deployed, self._revision, self._now = request, deployed, revision, now
        self.told: Told | None = None
        self.wait = 60.0
        self._begun = False

    def ensure(self, key: str, order: MeasureOrder) -> None:  # noqa: ARG002
        """Read the window, if it is over."""
        self.advance(key)

    def state(self, key: str) -> Progress[Metrics]:
        """Done when the result is kept."""
        if found := self._results.find(key):
            return Progress("Done", found.metrics)
        return Progress("Running" if self._begun else "Absent")

    def stop(self, key: str) -> None:
        """Nothing runs."""

    def advance(self, key: str) -> None:
        """Read the window, if it is over and was not read."""
        self._begun = True
        if self._results.find(key):
            return
        pods = self._pods()
        end = max([self._now - SETTLE_SECONDS, *(start + self._request.spec.window for start in _starts(pods))])
        if end > self._now - SETTLE_SECONDS:
            self.wait = end - self._now + SETTLE_SECONDS
            return
        window = Window(end - self._request.spec.window, end)
        self._results.save(key, self._measured(pods, window))

    def _measured(self, pods: list[Object], window: Window) -> Measured:
        from setpoint.sense.prometheus import as_judged

        spec = self._request.spec
        selector = selector_of(self._request.owner["namespace"], names_of(pods) or ("",), spec.target.container)
        read = self._telemetry.read(spec, selector, window)
        own = read.own or Signals()
        requests = {name: getattr(own, name) for name in ("latency", "errors", "throughput")}
        return Measured(
            metrics=Metrics(
                schema_version=1,
                target=target_of(pods, spec.target, window.start, self._revision),
                signals=read.signals.model_copy(update=requests),
                faults=as_judged(read.faults),
            ),
            telemetry=read.told,
        )

    def _pods(self) -> list[Object]:
        if self._deployed is None:
            return []
        request = self._request
        return pods_of(self._cluster, request.owner["namespace"], request.spec.target.deployment, self._deployed)


def _starts(pods: list[Object]) -> list[float]:
    return [start for pod in pods if (start := unix((pod.get("status") or {}).get("startTime")))]
