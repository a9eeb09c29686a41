"""Two views of one copy put together: what the load's pod saw, and what Prometheus knows besides. Pure."""

from setpoint.api.metrics import Fault, Metrics, Signals, Target


def merged(seen: Metrics, besides: Signals, faults: tuple[Fault, ...], target: Target) -> Metrics:
    """`seen`, with every signal that it lacks from `besides`, and the faults of what both lack.

    The page that was read every second is better than what Prometheus took of it now and then. Whoever read it has
    given the copy a name of its own; its pod's, which `target` has, takes that place.
    """
    own = _renamed(seen.signals, target)
    taken = {
        name: getattr(besides, name)
        for name in ("memory", "heap", "cardinality", "cpu")
        if getattr(own, name) is None and getattr(besides, name) is not None
    }
    custom = {**besides.custom, **own.custom}
    signals = own.model_copy(update={**taken, "custom": custom})
    lacking = tuple(fault for fault in faults if not _has(signals, fault.signal))
    return seen.model_copy(update={"signals": signals, "faults": (*seen.faults, *lacking), "target": target})


def _has(signals: Signals, name: str) -> bool:
    """Whether the signal that a fault is about is there all the same."""
    if name.startswith("custom."):
        return name.removeprefix("custom.") in signals.custom
    if name.startswith("own"):
        return True  # the load's own view is what copies are judged by
    return name in ("memory", "heap", "cardinality", "cpu") and getattr(signals, name) is not None


def _renamed(signals: Signals, target: Target) -> Signals:
    if len(target.instances) != 1:
        return signals
    changes = {}
    for name in ("heap", "cardinality"):
        signal = getattr(signals, name)
        if signal is not None and signal.instances and len(signal.instances) == 1:
            points = next(iter(signal.instances.values()))
            changes[name] = signal.model_copy(update={"instances": {target.instances[0].name: points}})
    return signals.model_copy(update=changes)
