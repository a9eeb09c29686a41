"""The work queue: nothing lost, nothing twice at a time."""

import threading

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
