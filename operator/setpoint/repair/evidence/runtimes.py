"""What a service shows of itself that is not Python, or that no probe got into: figures of its runtime, Go's pprof."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from setpoint.repair.evidence.page import samples
from setpoint.repair.evidence.profile import Mark
from setpoint.repair.evidence.raw import clean

# The name of a family, or how its name begins → the runtime that exports it.
_MARKS = {"go_": "go", "jvm_": "jvm", "nodejs_": "node", "python_": "python"}
_FIGURES = (
    "go_memstats_heap_alloc_bytes",
    "go_goroutines",
    "jvm_memory_used_bytes",
    "jvm_memory_bytes_used",
    "jvm_threads_live_threads",
    "jvm_threads_current",
    "nodejs_heap_size_used_bytes",
    "nodejs_external_memory_bytes",
    "nodejs_active_handles_total",
    "process_open_fds",
)
_CHANGED = 1.05
MOST = 5
_BLOCK = re.compile(r"(\d+): (\d+) \[\d+: \d+\] @")
_FRAME = re.compile(r"#\t0x[0-9a-f]+\t(\S+?)(?:\+0x[0-9a-f]+)?\t+(\S+):(\d+)")
_OUTSIDE = ("runtime.", "runtime/", "internal/", "net/http", "encoding/", "bufio.", "bytes.", "strings.", "sync.")


def runtime_of(pages: Sequence[str]) -> str:
    """The runtime that a metrics page gives away; unknown when none does."""
    names = {sample.name for page in pages[-1:] for sample in samples(page)}
    found = (runtime for mark, runtime in _MARKS.items() if any(name.startswith(mark) for name in names))
    return next(found, "unknown")


def shown(begin: Mark, end: Mark) -> tuple[str, ...]:
    """Sentences on what grew between two marks."""
    return (*_heap(begin.heap, end.heap), *_figures(begin.page, end.page))


def _figures(before: str, after: str) -> Iterator[str]:
    then, now = _known(before), _known(after)
    for name in _FIGURES:
        if name in then and now.get(name, 0.0) > _CHANGED * then[name]:
            yield f"{name} went from {then[name]:,.0f} to {now[name]:,.0f}"


def _known(page: str) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for sample in samples(page):
        if sample.name in _FIGURES and sample.labels.get("area", "heap") == "heap":
            found[sample.name] += sample.value
    return found


def _heap(before: str, after: str) -> Iterator[str]:
    """The places in Go code whose live heap grew most. Go samples its heap: bytes are of the samples."""
    then, now = _live(before), _live(after)
    grown = {place: size - then.get(place, 0) for place, size in now.items()}
    for (function, place), size in sorted(grown.items(), key=lambda item: -item[1])[:MOST]:
        if before and size > 0:
            yield f"{size:,} bytes more (sampled) are live from {function} at {place}"


def _live(profile: str) -> dict[tuple[str, str], int]:
    """Live bytes by the innermost frame outside Go's own packages, of a heap profile with debug=1."""
    found: dict[tuple[str, str], int] = defaultdict(int)
    size = 0
    for line in profile.splitlines():
        if block := _BLOCK.match(line):
            size = int(block[2])
        elif size and (frame := _FRAME.match(line)) and not frame[1].startswith(_OUTSIDE):
            found[clean(frame[1], 200), clean(f"{frame[2]}:{frame[3]}", 300)] += size
            size = 0
    return found
