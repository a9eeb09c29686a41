"""Which statistic judges which row."""

from collections.abc import Callable

from setpoint.judge.case import Case
from setpoint.judge.finding import Finding, Terms
from setpoint.judge.process_rows import cardinality_row, cpu_row, custom_row, heap_row, memory_row
from setpoint.judge.request_rows import errors_row, latency_row, throughput_row

_ROWS: dict[str, Callable[[Case, Terms], Finding]] = {
    "memory": memory_row,
    "heap": heap_row,
    "latency": latency_row,
    "cardinality": cardinality_row,
    "cpu": cpu_row,
    "throughput": throughput_row,
    "errors": errors_row,
    "custom": custom_row,
}


def finding_of(case: Case, terms: Terms) -> Finding:
    """What the data say about one row; faults and load validity were looked at before."""
    return _ROWS[terms.row.partition(".")[0]](case, terms)
