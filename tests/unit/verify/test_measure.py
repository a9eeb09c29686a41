"""Measuring: every copy is sampled every second under its own load, until the end or until enough was seen."""

from dataclasses import replace

import pytest


def test_copies_are_measured_side_by_side(make_rig, make_copy):
    """Two copies, two loads at the same time, one window."""
    from setpoint.verify.measure import measure

    rig, loader = make_rig()
    seen = measure(rig, {"control": make_copy("control"), "candidate": make_copy("candidate")}, commit="c0ffee")
    assert set(seen) == {"control", "candidate"}
    assert [order.limits for order, _ in loader.started] == [(0.1,), (0.1,)]
    assert loader.left == 2
    points = seen["candidate"].signals.memory.instances["candidate"]
    assert len(points) == 20
    assert seen["candidate"].target.revision == "c0ffee"
    assert seen["candidate"].stopping == "fixed"


def test_enough_ends_the_load_and_is_written_down(make_rig, make_copy):
    """Not before the warm-up is over, and never unsaid."""
    from setpoint.verify.measure import measure

    rig, loader = make_rig()
    looks = []

    def enough(seen):
        looks.append(rig.clock.now())
        return len(looks) == 2

    seen = measure(rig, {"one": make_copy("one")}, commit="c", enough=enough)["one"]
    assert seen.stopping == "sequential"
    assert loader.started[0][1].stopped
    assert looks[0] - loader.started[0][1].began >= 5
    assert seen.load.duration_seconds < 15
    assert seen.load.planned_seconds == 20


def test_a_load_that_came_to_its_end_was_as_long_as_planned(make_rig, make_copy):
    """A script's own durations hold, also when they are shorter than ours."""
    from setpoint.verify.measure import measure

    rig, _ = make_rig(seconds=12)
    seen = measure(rig, {"one": make_copy("one")}, commit="c", enough=lambda seen: False)["one"]
    assert seen.load.planned_seconds == seen.load.duration_seconds


def test_a_load_that_never_ends_is_stopped(make_rig, make_copy):
    """A generator that hangs does not hang the loop."""
    from setpoint.verify.measure import measure

    rig, loader = make_rig(seconds=1e9)
    measure(rig, {"one": make_copy("one")}, commit="c")
    assert loader.started[0][1].stopped


def test_people_are_told_what_a_copy_printed_that_ended_under_the_load(make_rig, make_copy):
    """Failed requests and missing readings do not say why; the other copy is not mentioned."""
    from setpoint.verify.measure import measure

    rig, _ = make_rig()
    measure(rig, {"control": make_copy("control"), "candidate": make_copy("candidate", lives=False)}, commit="c")
    assert rig.tell.lines == ["candidate ended under the load; the end of its output: out of cheese"]


def test_people_are_told_once_of_what_a_script_throws(make_rig, make_copy):
    """It may have left out half of its work, and no row is about that."""
    from setpoint.verify.measure import measure

    rig, loader = make_rig()
    loader.said = "ReferenceError: basket is not defined"
    measure(rig, {"control": make_copy("control"), "candidate": make_copy("candidate")}, commit="c")
    assert rig.tell.lines == ["the load generator told of errors; the last: ReferenceError: basket is not defined"]


def test_the_targets_own_view_stands_beside_the_loads(make_rig, make_copy):
    """From the end of the warm-up on, as the load's requests are counted."""
    from setpoint.verify.measure import measure

    rig, _ = make_rig()
    seen = measure(rig, {"one": make_copy("one")}, commit="c")["one"]
    assert seen.signals.errors.failed == 0
    assert seen.own.errors.failed == 1
    assert seen.own.errors.total == pytest.approx(15)


def test_the_targets_own_view_is_judged_where_the_user_says_so(make_rig, make_copy):
    """Then the load's requests are not what the rows rest on."""
    from setpoint.verify.measure import measure

    rig, _ = make_rig()
    seen = measure(replace(rig, own_view=True), {"one": make_copy("one")}, commit="c")["one"]
    assert seen.signals.errors.failed == 1
    assert seen.signals.latency is None
    assert seen.own is None
