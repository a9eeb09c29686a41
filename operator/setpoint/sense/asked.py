"""What sensors are asked for, whatever they read it from."""

from setpoint.api.constraints import Constraints
from setpoint.api.errors import InputError
from setpoint.api.ports import Asked

REPLACEABLE = ("memory", "heap", "cardinality", "cpu")
OWN = ("latency", "errors", "throughput")  # of the load generator; sensors only add the target's own view


def asked_signals(constraints: Constraints) -> frozenset[str]:
    """Names of the signals that rows rest on; a custom one is `custom.<name>`."""
    rows = constraints.row_names()
    return frozenset(row if row.startswith("custom.") else row.partition(".")[0] for row in rows)


def written_queries(asked: Asked) -> dict[str, tuple[str, str]]:
    """What the user wrote as query, by signal: (where it stands, the query). Raises InputError for unknown signals."""
    for signal in asked.queries:
        if signal not in REPLACEABLE:
            what = f"{signal!r} has no query that could be replaced"
            raise InputError(what, where="telemetry.queries", instead=f"known are {', '.join(REPLACEABLE)}")
    written = {signal: (f"telemetry.queries.{signal}", query) for signal, query in asked.queries.items()}
    for custom in asked.constraints.custom:
        written[f"custom.{custom.name}"] = (f"constraints.custom.{custom.name}.query", custom.query)
    return written
