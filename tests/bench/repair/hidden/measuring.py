"""What hidden tests measure with; copied beside them."""

import gc
import time
import tracemalloc


def growth(work, warm=3000, more=3000):
    """Bytes that `work(number)` keeps for each further call once it is warm."""
    tracemalloc.start()  # before the warm-up: what takes the place of something older is no growth
    try:
        before = _kept(work, range(warm))
        return (_kept(work, range(warm, warm + more)) - before) / more
    finally:
        tracemalloc.stop()


def _kept(work, numbers):
    for number in numbers:
        work(number)
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def fastest(work, times=5):
    """Seconds of the fastest of some calls."""

    def once():
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    return min(once() for _ in range(times))
