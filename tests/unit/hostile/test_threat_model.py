"""What the pages about threats and faults claim: nothing is left out, and every test that they name exists."""

import ast
import functools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
THREATS = (ROOT / "docs" / "threat-model.md").read_text()
FAULTS = (ROOT / "docs" / "faults.md").read_text()
NODE = re.compile(r"`(?:tests/)?([\w/]+\.py)::(\w+)`")
NAMED = sorted({*NODE.findall(THREATS), *NODE.findall(FAULTS)})


@functools.cache
def functions(file: str) -> set[str]:
    """The test functions of a file below tests."""
    path = ROOT / "tests" / file
    tree = ast.parse(path.read_text()) if path.is_file() else ast.Module([], [])
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize(("file", "function"), NAMED, ids=["::".join(node) for node in NAMED])
def test_a_test_that_is_named_exists(file, function):
    """A proof that was renamed or removed is no proof."""
    assert function.startswith("test_") and function in functions(file)


@pytest.mark.parametrize("page", [THREATS, FAULTS], ids=["threats", "faults"])
def test_nothing_that_looks_like_a_test_is_passed_over(page):
    """A name in another form would never be looked for."""
    assert page.count("::") == len(NODE.findall(page)) > 50


def test_every_threat_has_its_defence_its_proof_and_what_is_left():
    """T1 to T20, in order, and a test for each."""
    titles = re.findall(r"^## (T\d+): ", THREATS, re.MULTILINE)
    assert titles == [f"T{number}" for number in range(1, 21)]
    for threat in re.split(r"^## ", THREATS, flags=re.MULTILINE)[1:21]:
        stopped, proof, left = (threat.index(f"- **{part}:**") for part in ("Stopped by", "Proof", "Left"))
        assert stopped < proof < left and NODE.search(threat[proof:left]), threat.splitlines()[0]


def test_every_fault_has_its_outcome_and_its_proof():
    """F1 to F39, in order; where nothing shows it, that is said."""
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in re.findall(r"^\| F.*$", FAULTS, re.MULTILINE)]
    assert [row[0] for row in rows] == [f"F{number}" for number in range(1, 40)]
    assert all(len(row) == 4 and all(row) for row in rows)
    assert all(NODE.search(row[3]) or "**Not" in row[3] for row in rows)
