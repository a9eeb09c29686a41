"""The work queue: nothing lost, nothing twice at a time."""

import threading
import tracemalloc

from setpoint.control.queue import WorkQueue


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_key_that_is_put_twice_is_given_out_once() -> None:
    """A burst of events is one visit."""
    queue = WorkQueue[str]()
    for _ in range(3):
        queue.put("a")
    assert queue.take() == "a"
    assert len(queue) == 0


def test_a_key_that_is_put_while_it_is_worked_on_is_given_out_again_after_that() -> None:
    """What happened in the meantime is seen."""
    queue = WorkQueue[str]()
    queue.put("a")
    assert queue.take() == "a"
    queue.put("a")
    assert len(queue) == 1
    queue.put("b")
    assert queue.take() == "b"  # not the one that is in work
    queue.done("a")
    assert queue.take() == "a"


def test_a_delayed_key_becomes_ready_when_its_time_has_come() -> None:
    """The earliest of several wishes counts."""
    clock = Clock()
    queue = WorkQueue[str](clock)
    queue.put("a", 60)
    queue.put("a", 10)
    queue.put("a", 90)
    clock.now = 9
    queue.release()
    assert len(queue) == 0
    clock.now = 10
    queue.release()
    assert queue.take() == "a"
    queue.done("a")
    clock.now = 1000
    queue.release()
    assert len(queue) == 0


def test_a_look_now_answers_what_was_wanted_later() -> None:
    """The later one is not made besides."""
    clock = Clock()
    queue = WorkQueue[str](clock)
    queue.put("a", 60)
    queue.put("a")
    assert queue.take() == "a"
    queue.done("a")
    clock.now = 61
    queue.release()
    assert len(queue) == 0


def test_closing_sends_every_worker_home() -> None:
    """Also those that wait."""
    queue = WorkQueue[str]()
    taken: list[str | None] = []
    workers = [threading.Thread(target=lambda: taken.append(queue.take())) for _ in range(3)]
    for worker in workers:
        worker.start()
    queue.close()
    for worker in workers:
        worker.join(5)
    assert taken == [None, None, None]


def test_a_day_of_looks_leaves_no_more_behind_than_a_minute_of_them() -> None:
    """A key that is looked at again and again, and wants its schedule's look each time: the last wish alone counts."""
    clock = Clock()
    queue = WorkQueue[int](clock)
    hour, day = 0, 0
    tracemalloc.start()
    for minute in range(24 * 60):
        for key in range(20):
            queue.put(key)
            assert queue.take() == key
            queue.done(key)
            queue.put(key, 7 * 86400.0)
        clock.now += 60.0
        queue.release()
        day = max(day, tracemalloc.get_traced_memory()[0])
        hour = day if minute < 60 else hour
    tracemalloc.stop()
    assert day < 2 * hour
    clock.now += 7 * 86400.0
    queue.release()
    assert sorted(queue.take() or 0 for _ in range(20)) == list(range(20))
