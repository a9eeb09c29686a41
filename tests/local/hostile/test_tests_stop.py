"""Hostile patches that pass the gate and that the project's own tests stop."""


def test_the_projects_own_tests_stop(hostility, court, name):
    """The gate has nothing against it, and it is run by us all the same."""
    hostile = hostility.read(hostility.FOLDER / f"{name}.patch")
    stopped = court(hostile.service)
    assert stopped.gate(hostile.patch) == ()
    assert stopped.tests(hostile.patch)


def test_a_repair_passes_the_same_tests(hostility, court):
    """The tests are not simply broken."""
    repair = (hostility.REFERENCE / "freight-tariff.patch").read_text()
    assert court("repeated-setup/freight-tariff").tests(repair) == ""
