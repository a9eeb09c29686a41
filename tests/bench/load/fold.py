"""Processor time of folding k6's output: `python tests/bench/load/fold.py [requests per second] [seconds]`.

A child process writes what k6 1.1 writes for a load of `setpoint load` (fourteen rows a request, the same columns)
into a pipe as fast as it is read; this process reads and folds it as it does during a load, and takes a frame for
every second of load. Printed is the processor time of this process alone.
"""

import os
import platform
import sys
import threading
import time
from collections.abc import Iterator

from setpoint.load.fold import Fold, fold_rows
from setpoint.load.frame import Plan, make_frame
from setpoint.load.schedule import constant

HEADER = "metric_name,timestamp,metric_value,check,error_code,expected_response,scenario,status,extra_tags,metadata\n"
PARTS = ("duration", "blocked", "connecting", "tls_handshaking", "sending", "waiting", "receiving")
START = 1_700_000_000_000_000  # microseconds


def request(at: int, milliseconds: float) -> str:
    """The rows of one request of one iteration that ended at `at`."""
    tags = ",,true,requests,200,,\n"
    rows = [f"http_reqs,{at},1.000000,{tags}", *(f"http_req_{part},{at},{milliseconds:.6f},{tags}" for part in PARTS)]
    rows += [f"http_req_failed,{at},0.000000,{tags}", f"checks,{at + 60},1.000000,status is below 400,,,requests,,,\n"]
    ended = (("data_sent", 78), ("data_received", 116), ("iteration_duration", milliseconds + 0.7), ("iterations", 1))
    return "".join(rows + [f"{name},{at + 90},{value:.6f},,,,requests,,,\n" for name, value in ended])


def rows(rate: int, seconds: int) -> Iterator[str]:
    """The CSV of a whole load, a second at a time."""
    yield HEADER
    for second in range(seconds):
        times = (START + second * 1_000_000 + number * 1_000_000 // rate for number in range(rate))
        yield "".join(request(at, 0.4 + (at // 7) % 1000 / 20) for at in times)
        yield f"vus,{START + (second + 1) * 1_000_000 - 1000},3.000000,,,,,,,\n"


def fold_in_pipe(rate: int, seconds: int) -> tuple[Fold, float]:
    """The fold of that load, and the processor seconds of folding."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as sink:
            for text in rows(rate, seconds):
                sink.write(text)
        os._exit(0)
    os.close(writing)
    fold = Fold([0.02, 0.05], warmup=0, seconds=seconds + 1)
    with os.fdopen(reading, encoding="utf-8", errors="replace", newline="") as stream:
        began = time.process_time()
        fold_rows(stream, fold, threading.Lock())
        spent = time.process_time() - began
    os.wait()
    return fold, spent


def main() -> None:
    """Print the figures of one run."""
    rate, seconds = (int(text) for text in (*sys.argv[1:], *("2000", "60")[len(sys.argv) - 1 :]))
    fold, folding = fold_in_pipe(rate, seconds)
    assert sum(fold.counts) == rate * seconds
    plan = Plan(0, seconds, constant(rate, seconds))
    began = time.process_time()
    for _ in range(seconds):
        make_frame(fold, plan, "complete")
    framing = time.process_time() - began
    print(
        f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores"
    )
    print(f"{rate} requests a second for {seconds} s: {rate * seconds * 14} rows")
    print(f"folding: {folding / rate / seconds * 1e6:.1f} µs a request, {100 * folding / seconds:.1f} % of a core")
    print(f"frames: {framing / seconds * 1e3:.2f} ms each; with one a second {100 * framing / seconds:.2f} % of a core")


if __name__ == "__main__":
    main()
