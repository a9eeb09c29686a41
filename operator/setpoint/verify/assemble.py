"""One window's metrics, put together from what the load generator and the sensors saw. Pure."""

from collections.abc import Iterable

from setpoint.api.metrics import Fault, Metrics, Signals, Target
from setpoint.api.ports import LoadFrame

REQUESTS = ("latency", "errors", "throughput")


def assemble(
    frame: LoadFrame,
    signals: Signals,
    own: Signals | None,
    target: Target,
    faults: Iterable[Fault],
    *,
    own_view: bool = False,
    planned: float | None = None,
    sequential: bool = False,
) -> Metrics:
    """Metrics whose requests are the load's, or with `own_view` as the target itself saw them.

    `planned`: seconds that the load was to last, None where it came to its own end. `faults` of the own view must be
    named as those of the rows where that is what rows rest on.
    """
    requests = own or Signals() if own_view else frame
    return Metrics(
        schema_version=1,
        load=frame.load.model_copy(update={"planned_seconds": planned or frame.load.duration_seconds}),
        target=target,
        signals=signals.model_copy(update={name: getattr(requests, name) for name in REQUESTS}),
        own=None if own_view else own,
        faults=(*frame.faults, *faults),
        stopping="sequential" if sequential else "fixed",
    )
