"""Everything that a hostile agent tries is stopped, by the layer that has to stop it and for the right reason."""

import pytest

from local.hostile import patches, pods, policies, rendering, schemas
from local.hostile.cases import Case, EscapedError, Layer, without_canary
from local.hostile.table import ALL, main

QUICK = [*schemas.CASES, *patches.CASES, *pods.CASES, *policies.CASES, *rendering.CASES]


def stopped(case: Case, folder) -> None:
    """In the layer's own words, which give no secret away."""
    try:
        without_canary(case.run(folder))
    except EscapedError as escaped:
        pytest.fail(str(escaped), pytrace=False)


@pytest.mark.parametrize("case", QUICK, ids=lambda case: f"{case.layer}: {case.name}")
def test_it_is_stopped(case, tmp_path):
    """Every one of them, for real, at its layer."""
    stopped(case, tmp_path)


def test_every_case_has_a_layer_of_its_own_and_every_layer_a_case():
    """A case that nobody has to stop would be stopped by luck."""
    assert len(ALL) >= 200
    assert len({(case.layer, case.name) for case in ALL}) == len(ALL)
    assert {case.layer for case in ALL} == set(Layer)


def test_a_case_that_nothing_stops_is_told(tmp_path):
    """And one that is stopped for another reason."""
    with pytest.raises(EscapedError):
        Case("nothing", Layer.GATE, ".", patches.edited(patches.added("x = 1"))).run(tmp_path / "a")
    with pytest.raises(EscapedError, match="not because of"):
        Case("another", Layer.GATE, "a lock file", patches.raw("\n")).run(tmp_path / "b")


def test_a_case_that_breaks_is_a_row_of_the_table_and_the_others_are_still_tried(capsys):
    """It proves nothing, so the table fails; and no traceback hides what came of the rest."""

    def breaks(folder):
        raise FileNotFoundError(f"no python in {folder.name[:17]}")

    broken = Case("broken", Layer.GATE, ".", breaks)
    honest = Case("honest", Layer.GATE, ".", lambda _: "not allowed")
    escaped = Case("escaped", Layer.GATE, "never", lambda _: "not allowed")
    assert main([broken, honest, escaped]) == 1
    rows = capsys.readouterr().out.splitlines()
    assert [row.split()[:3] for row in rows[:3]] == [
        ["fault:", "gate", "broken"],
        ["stopped", "gate", "honest"],
        ["ESCAPED", "gate", "escaped"],
    ]
    assert "FileNotFoundError: no python in setpoint-hostile-" in rows[0]
    assert rows[-1] == "3 hostile cases, 1 escaped, 1 not tried; 3 by gate"
    assert main([broken]) == 1 and main([honest]) == 0
