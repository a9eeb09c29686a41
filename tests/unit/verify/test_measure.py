"""Measuring: every copy is sampled every second under its own load, until the end or until enough was seen."""


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


def test_a_load_that_never_ends_is_stopped(make_rig, make_copy):
    """A generator that hangs does not hang the loop."""
    from setpoint.verify.measure import measure

    rig, loader = make_rig(seconds=1e9)
    measure(rig, {"one": make_copy("one")}, commit="c")
    assert loader.started[0][1].stopped
