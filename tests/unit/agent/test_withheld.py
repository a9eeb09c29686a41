"""Settings of agents, taken out of a checkout and put back."""

import pytest

from setpoint.repair.withheld import is_secret, is_settings, without_settings

SETTINGS = {"CLAUDE.md": "a", "sub/AGENTS.md": "b", ".claude/agents/x.md": "c", ".mcp.json": "d", "sub/.cursor/r": "e"}


def files(top):
    """Path -> text of all files."""
    return {path.relative_to(top).as_posix(): path.read_text() for path in top.rglob("*") if path.is_file()}


def test_they_are_gone_inside_and_back_afterwards(tmp_path):
    """Also those in folders, also when the program failed; what it wrote of the kind is gone."""
    top = tmp_path / "tree"
    for name, text in {**SETTINGS, "app.py": "pass"}.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)

    def work() -> None:
        with without_settings(top, tmp_path / "aside"):
            assert files(top) == {"app.py": "pass"}
            (top / "sub").rmdir()
            (top / "CLAUDE.md").write_text("new")
            (top / ".claude").mkdir()
            (top / ".claude" / "settings.json").write_text("{}")
            (top / "app.py").write_text("changed")
            raise ValueError("failed")

    with pytest.raises(ValueError, match="failed"):
        work()
    assert files(top) == {**SETTINGS, "app.py": "changed"}


def test_links_are_not_followed(tmp_path):
    """What lies outside stays as it is."""
    outside, top = tmp_path / "outside", tmp_path / "tree"
    outside.mkdir()
    top.mkdir()
    (outside / "CLAUDE.md").write_text("theirs")
    (top / "link").symlink_to(outside)
    (top / "AGENTS.md").symlink_to(outside / "CLAUDE.md")
    with without_settings(top, tmp_path / "aside"):
        assert not (top / "AGENTS.md").is_symlink()
        assert (outside / "CLAUDE.md").read_text() == "theirs"
    assert (top / "AGENTS.md").is_symlink()


def test_nothing_is_put_back_where_a_link_leads(tmp_path):
    """A program may have put one, or a file, in the place of the folder that they were in."""
    outside, top = tmp_path / "outside", tmp_path / "tree"
    outside.mkdir()
    for name in ("sub", "other/deep"):
        (top / name).mkdir(parents=True)
        (top / name / "CLAUDE.md").write_text("ours")
    with without_settings(top, tmp_path / "aside"):
        (top / "sub").rmdir()
        (top / "sub").symlink_to(outside)
        (top / "other" / "deep").rmdir()
        (top / "other" / "deep").write_text("a file")
    assert list(outside.iterdir()) == []
    assert files(top) == {"sub/CLAUDE.md": "ours", "other/deep/CLAUDE.md": "ours"}


@pytest.mark.parametrize(
    "name", [".git", "Claude.MD", "AGENTS.md", ".mcp.json", ".cursorrules", "GEMINI.md", ".aider.conf"]
)
def test_settings_are_known_in_any_case(name):
    """By their names."""
    assert is_settings(name)


def test_names_of_keys_are_known_and_code_is_neither():
    """Nothing that a repair needs is withheld."""
    assert all(map(is_secret, (".env", ".env.local", "server.pem", "id_rsa", ".NPMRC")))
    assert not any(
        is_secret(name) or is_settings(name) for name in ("app.py", "agents.py", "environment.py", "keys.py")
    )
