"""Looking up source for evidence: functions, assignments, locks; and paths that are not ours."""

import ast
from pathlib import Path
from textwrap import dedent

import pytest

from setpoint.repair.evidence.code import Code, site
from setpoint.repair.evidence.syntax import called, has_lock, takes_lock

SOURCE = dedent(
    """
    import threading

    SEEN = {}
    LOCK = threading.Lock()


    class Store:
        limit: int = 5

        def __init__(self):
            self.batch = []

        def add(self, item):
            batch = [item]
            with self.lock:
                self.batch += batch
            LOCK.acquire()
            with open("file") as file:
                return transform(read(file))


    def make():
        seen = set()

        def handler(path):
            seen.add(path)

        return handler
    """
).lstrip()
TREE = ast.parse(SOURCE)


def line_of(text: str) -> int:
    """The number of the line that has `text`."""
    return next(number for number, line in enumerate(SOURCE.splitlines(), 1) if text in line)


@pytest.fixture
def code(tmp_path: Path) -> Code:
    """A repository with one file."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "app.py").write_text(SOURCE)
    return Code(tmp_path)


def test_a_place_is_told_with_its_function_and_text(code: Code, tmp_path: Path) -> None:
    """Relative to the repository's top, whatever folder the service ran in."""
    place = site(code, str(tmp_path / "shop" / "app.py"), line_of("seen.add"))
    assert place
    assert (place.file, place.function, place.code) == ("shop/app.py", "make.handler", "seen.add(path)")


@pytest.mark.parametrize(
    ("owner", "name", "text"),
    [
        ("", "SEEN", "SEEN = {}"),
        ("Store", "batch", "self.batch = []"),
        ("Store", "limit", "limit: int = 5"),
        ("make", "seen", "seen = set()"),
        ("make.<locals>.handler", "path", None),
        ("Gone", "batch", None),
    ],
)
def test_the_line_that_first_assigns_a_name_is_found(code: Code, owner: str, name: str, text: str | None) -> None:
    """In modules, classes (not their methods' local variables) and functions."""
    assert code.assigned("shop/app.py", owner, name) == (line_of(text) if text else None)


@pytest.mark.parametrize("file", ["/etc/passwd", "app.py", "../app.py", "x" * 999, "gone.py", "shop"])
def test_a_place_outside_the_repository_is_none(code: Code, tmp_path: Path, file: str) -> None:
    """Neither by an absolute path, nor by a relative one, nor by a name that no system has."""
    assert site(code, file, 1) is None
    assert site(code, f"{tmp_path}/{file}", 1) is None


def test_a_link_out_of_the_repository_is_not_followed(code: Code, tmp_path: Path) -> None:
    """The service may have made it."""
    (tmp_path / "link.py").symlink_to("/etc/passwd")
    assert site(code, str(tmp_path / "link.py"), 1) is None


def test_source_that_cannot_be_parsed_still_has_its_lines(code: Code, tmp_path: Path) -> None:
    """It may be written for a later Python."""
    (tmp_path / "later.py").write_text("x = <new syntax>\n")
    place = site(code, str(tmp_path / "later.py"), 1)
    assert place
    assert (place.code, place.function) == ("x = <new syntax>", "")


def test_locks_and_calls_are_told_from_each_other() -> None:
    """A lock is entered by its name; a file is opened for the occasion."""
    assert takes_lock(TREE, line_of("with self.lock")) == "self.lock"
    assert takes_lock(TREE, line_of("LOCK.acquire()")) == "LOCK"
    assert takes_lock(TREE, line_of("with open")) == ""
    assert has_lock(TREE, line_of("self.batch += batch")) == {"self.lock"}
    assert has_lock(TREE, line_of("LOCK.acquire()")) == set()
    assert called(TREE, line_of("return transform")) == "transform"
    assert called(TREE, line_of("SEEN =")) == ""
