"""Files of a copy with a file system of its own, found again in the repository."""

from pathlib import Path

import pytest

from setpoint.repair.evidence.code import Code


@pytest.fixture
def code(tmp_path: Path) -> Code:
    """A repository of two services, seen by a copy that has them at /app."""
    for name in ("app.py", "services/a/main.py", "services/a/store.py", "services/b/main.py", "services/b/sub/deep.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x = 1\n")
    (tmp_path / "services" / "alias.py").symlink_to("a/store.py")
    return Code(tmp_path, ("/app", "/srv"))


@pytest.mark.parametrize(
    ("file", "found"),
    [
        ("/app/services/a/main.py", "services/a/main.py"),
        ("/app/app.py", "app.py"),
        ("/srv/store.py", "services/a/store.py"),
        ("/app/sub/deep.py", "services/b/sub/deep.py"),
        ("/app/a/main.py", "services/a/main.py"),
        ("/app/main.py", None),  # two services have one
        ("/app/alias.py", None),
        ("/other/app.py", None),
        ("/app/../app/app.py", None),
        ("/app", None),
        ("app.py", None),
    ],
)
def test_a_file_is_the_one_that_only_it_can_be(code, file, found):
    """By its path as it stands, or by the end of one."""
    assert code.relative(file) == found
