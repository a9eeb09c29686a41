"""GitSource on real repositories: what it writes, what it compares, and that the user's repository stays as it was."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from local.forge.conftest import IDENTITY
from setpoint.api.errors import ForgeFailed, InputError
from setpoint.forge.source import GitSource

APP = "services/check out/app.py"


def change(tree: Path, text: str = "batch = [1]\n") -> None:
    """A change as a proposer would make it."""
    (tree / "app.py").write_text(text)


def test_a_checkout_is_the_committed_tree_without_git(user, tmp_path):
    """What is not committed is no part of it; modes are kept; the folder that was asked for is returned."""
    user.make_dirty()
    source = GitSource(user.service)
    tree = source.checkout(source.resolve(None), "", tmp_path / "copy")
    assert tree == tmp_path / "copy" / "services" / "check out"
    assert sorted(path.name for path in (tmp_path / "copy").iterdir()) == [".gitignore", "README.md", "services"]
    assert "staged" not in (tree / "app.py").read_text()
    assert (tree / "run.sh").stat().st_mode & 0o111


def test_a_diff_applies_to_the_commit_that_it_was_made_against(user, tmp_path):
    """Change, addition, deletion, link, binary and a file without a line break at its end survive the round trip."""
    source = GitSource(user.service)
    commit = source.resolve("main")
    tree = source.checkout(commit, "", tmp_path / "one")
    change(tree, "batch = []\nno line break at the end — ünïcode")
    (tree / "néw file.py").write_bytes(b"carriage\r\nreturn\n")
    (tree / "run.sh").unlink()
    (tree / "link").symlink_to("/etc/passwd")
    (tree / "binary").write_bytes(bytes(range(256)))
    patch = source.diff(commit, tree)
    again = source.checkout(commit, patch, tmp_path / "two")
    assert source.diff(commit, again) == patch
    assert (again / "app.py").read_text() == (tree / "app.py").read_text()
    assert (again / "néw file.py").read_bytes() == b"carriage\r\nreturn\n"
    assert not (again / "run.sh").exists()
    assert (again / "link").is_symlink()
    assert (again / "binary").read_bytes() == bytes(range(256))


def test_a_diff_of_an_unchanged_tree_is_empty(user, tmp_path):
    """Nothing changed, nothing to propose."""
    source = GitSource(user.service)
    commit = source.resolve(None)
    assert source.diff(commit, source.checkout(commit, "", tmp_path / "copy")) == ""


def test_what_running_the_tests_leaves_behind_is_no_part_of_a_diff(user, tmp_path):
    """Byte code (even where the project commits some) and ignored files stay out."""
    cache = user.service / "__pycache__"
    cache.mkdir()
    (cache / "app.cpython-311.pyc").write_bytes(b"old")
    commit = user.commit("Commit byte code by mistake")
    source = GitSource(user.service)
    tree = source.checkout(commit, "", tmp_path / "copy")
    (tree / "__pycache__" / "app.cpython-311.pyc").write_bytes(b"new")
    (tree / "loose.pyc").write_bytes(b"new")
    (tree / "service.log").write_text("ignored by the project's .gitignore\n")
    assert source.diff(commit, tree) == ""


def test_a_diff_does_not_depend_on_the_users_settings(user, tmp_path):
    """Colours, prefixes, context, renames and external diff programs of the user do not reach the patch."""
    (user.top / ".gitattributes").write_text("*.py diff=mine\n")
    commit = user.commit("Show Python in a way of my own")
    source = GitSource(user.service)
    tree = source.checkout(commit, "", tmp_path / "copy")
    change(tree, (user.service / "app.py").read_text().replace("batch = []", "batch = [1]"))
    (tree / "run.sh").rename(tree / "start.sh")
    (tree / "néw.py").write_text("new = 1\n")
    plain = source.diff(commit, tree)
    settings = ("color.ui=always", "diff.noprefix=true", "diff.context=0", "diff.renames=copies", "diff.external=false")
    programs = ("diff.mine.command=echo external", "diff.mine.textconv=echo converted")
    for setting in (*settings, *programs, "diff.suppressBlankEmpty=true", "core.quotePath=true", "core.abbrev=5"):
        user.git("config", *setting.split("=", 1))
    assert source.diff(commit, tree) == plain
    assert plain.startswith(f"diff --git a/{APP} b/{APP}\n")
    assert "\n \n" in plain
    assert "+++ b/services/check out/néw.py\t\n" in plain


def test_a_patch_is_applied_to_the_letter_whatever_the_users_settings_are(user, tmp_path):
    """Blanks are neither mended nor overlooked."""
    user.git("config", "apply.whitespace", "fix")
    user.git("config", "apply.ignoreWhitespace", "change")
    source = GitSource(user.service)
    commit = source.resolve(None)
    tree = source.checkout(commit, "", tmp_path / "one")
    change(tree, (tree / "app.py").read_text() + "trailing = 1   \n")
    patch = source.diff(commit, tree)
    assert (source.checkout(commit, patch, tmp_path / "two") / "app.py").read_text().endswith("trailing = 1   \n")
    with pytest.raises(ForgeFailed, match="does not apply"):
        source.checkout(commit, patch.replace("     sink.extend", "       sink.extend"), tmp_path / "three")


def test_line_ends_that_git_would_turn_are_no_error(user, tmp_path):
    """core.safecrlf makes `git add` refuse what core.autocrlf would change."""
    user.git("config", "core.autocrlf", "input")
    user.git("config", "core.safecrlf", "true")
    source = GitSource(user.service)
    commit = source.resolve(None)
    tree = source.checkout(commit, "", tmp_path / "one")
    (tree / "windows.txt").write_bytes(b"one\r\ntwo\r\n")
    assert "+one\n+two\n" in source.diff(commit, tree)


def test_an_object_that_is_missing_is_not_fetched_by_a_command(user, tmp_path):
    """In a partial clone git fetches what is missing; the address `ext::…` would run a program."""
    user.git("config", "remote.origin.url", f"ext::touch {tmp_path}/ran")
    for setting in ("remote.origin.promisor=true", "extensions.partialClone=origin", "protocol.ext.allow=always"):
        user.git("config", *setting.split("=", 1))
    user.git("config", "core.repositoryFormatVersion", "1")
    blob = user.git("rev-parse", f"HEAD:{APP}")
    (user.top / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    source = GitSource(user.service)
    with pytest.raises(ForgeFailed):
        source.checkout(source.resolve(None), "", tmp_path / "copy")
    assert not (tmp_path / "ran").exists()


def test_reading_leaves_every_byte_of_the_users_repository_alone(user, tmp_path):
    """Checkout, patched checkout, diff and questions write nothing, not even objects, with uncommitted work there."""
    user.make_dirty()
    os.utime(user.top / "README.md", (0, 0))  # git would like to note the new time in the index
    before = user.files(), user.git("status"), user.git("worktree", "list")
    source = GitSource(user.service)
    commit = source.resolve("main")
    tree = source.checkout(commit, "", tmp_path / "one")
    change(tree)
    source.checkout(commit, source.diff(commit, tree), tmp_path / "two")
    assert source.dirty()
    assert (user.files(), user.git("status"), user.git("worktree", "list")) == before


def test_a_repository_that_splits_its_index_gets_no_new_files(user, tmp_path):
    """core.splitIndex would let a scratch index leave a shared one behind."""
    user.git("config", "core.splitIndex", "true")
    user.git("update-index", "--split-index")
    before = user.files()
    source = GitSource(user.service)
    tree = source.checkout(source.resolve(None), "", tmp_path / "copy")
    change(tree)
    assert source.diff(source.resolve(None), tree)
    assert user.files() == before


def test_a_sparse_working_tree_still_gives_a_whole_copy(user, tmp_path):
    """What the user does not have on disk belongs to the service all the same."""
    user.git("sparse-checkout", "set", "--no-cone", "/README.md")
    source = GitSource(user.top)
    tree = source.checkout(source.resolve(None), "", tmp_path / "copy")
    assert (tree / APP).is_file()
    assert source.diff(source.resolve(None), tree) == ""
    change(tree / "services" / "check out")
    assert "batch = [1]" in source.diff(source.resolve(None), tree)


def test_it_works_in_a_linked_worktree(user, tmp_path):
    """A linked worktree has its own HEAD and shares the objects."""
    user.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    before = user.files()
    source = GitSource(tmp_path / "side" / "services" / "check out")
    tree = source.checkout(source.resolve(None), "", tmp_path / "copy")
    change(tree)
    assert "batch = [1]" in source.diff(source.resolve("side"), tree)
    assert user.files() == before


def test_variables_of_a_git_hook_do_not_lead_elsewhere(user, tmp_path, monkeypatch):
    """Inside a hook git sets GIT_DIR, GIT_INDEX_FILE and more, for another repository."""
    subprocess.run(["git", "init", "--quiet", "--bare", tmp_path / "other"], check=True)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(user.top / ".git" / "index"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path))
    source = GitSource(user.service)
    assert source.top == user.top
    assert (source.checkout(source.resolve(None), "", tmp_path / "copy") / "app.py").is_file()


def test_hooks_and_monitors_of_the_repository_do_not_run(user, tmp_path):
    """Whatever a repository brings along is not started by reading it."""
    names = ("post-index-change", "post-checkout", "reference-transaction")
    monitor = tmp_path / "monitor"
    for hook in (monitor, *(user.top / ".git" / "hooks" / name for name in names)):
        hook.write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\n")
        hook.chmod(0o755)
    user.git("config", "core.fsmonitor", str(monitor))
    source = GitSource(user.service)
    tree = source.checkout(source.resolve(None), "", tmp_path / "copy")
    change(tree)
    assert source.diff(source.resolve(None), tree)
    assert not source.dirty()
    assert not (tmp_path / "ran").exists()


def test_a_repository_in_the_place_of_a_submodule_runs_nothing(user, tmp_path):
    """Whoever changed the copy could have put one there, with settings that name programs."""
    library, seen = tmp_path / "library", tmp_path / "seen"
    library.mkdir()
    inside = ["git", "-C", str(library), *IDENTITY]
    (library / "file").write_text("x")
    (library / ".gitattributes").write_text("* filter=evil\n")
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "One"]):
        subprocess.run([*inside, *words], check=True)
    for setting in ("core.fsmonitor", "filter.evil.clean", "filter.evil.process"):
        subprocess.run([*inside, "config", setting, f"touch {seen}"], check=True)
    head = subprocess.run([*inside, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    user.git("update-index", "--add", "--cacheinfo", f"160000,{head},services/check out/vendor/lib")
    user.git("commit", "--quiet", "--message", "A submodule")
    source = GitSource(user.service)
    tree = source.checkout(source.resolve(None), "", tmp_path / "tree")
    shutil.copytree(library, tree / "vendor" / "lib", dirs_exist_ok=True)
    (tree / "vendor" / "lib" / "file").write_text("yy")
    change(tree)
    patch = source.diff(source.resolve(None), tree)
    assert "vendor" not in patch and "batch = [1]" in patch
    assert not seen.exists()


def test_a_patch_that_does_not_apply_is_refused_with_gits_words(user, tmp_path):
    """The message names the file and the line."""
    source = GitSource(user.service)
    commit = source.resolve(None)
    tree = source.checkout(commit, "", tmp_path / "one")
    change(tree)
    patch = source.diff(commit, tree).replace("-batch = []", "-batch = {}")
    with pytest.raises(ForgeFailed, match=r"patch failed: services/check out/app\.py:1"):
        source.checkout(commit, patch, tmp_path / "two")


@pytest.mark.parametrize("escape", ["../outside.txt", "/tmp/outside.txt", ".git/hooks/post-checkout"])
def test_a_patch_cannot_write_outside_of_the_copy(user, tmp_path, escape):
    """git refuses such paths, and so do we."""
    patch = f"diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/{escape}\n@@ -0,0 +1 @@\n+x\n"
    source = GitSource(user.service)
    before = user.files()
    with pytest.raises(ForgeFailed):
        source.checkout(source.resolve(None), patch, tmp_path / "in" / "copy")
    assert not (tmp_path / "in" / "outside.txt").exists()
    assert not list((tmp_path / "in" / "copy").iterdir())
    assert user.files() == before


def test_a_patch_cannot_write_through_a_link(user, tmp_path):
    """A link of the repository that leads outside stays a link, and nothing is written behind it."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (user.top / "link").symlink_to(outside)
    commit = user.commit("Add a link")
    patch = "diff --git a/link/x b/link/x\nnew file mode 100644\n--- /dev/null\n+++ b/link/x\n@@ -0,0 +1 @@\n+x\n"
    source = GitSource(user.top)
    assert (source.checkout(commit, "", tmp_path / "copy") / "link").readlink() == outside
    with pytest.raises(ForgeFailed):
        source.checkout(commit, patch, tmp_path / "second")
    assert not list(outside.iterdir())


def test_a_folder_that_is_a_link_in_the_commit_is_refused(user, tmp_path):
    """Else a copy would be started outside of the checkout."""
    (user.top / "elsewhere").mkdir()
    source = GitSource(user.top / "elsewhere")
    (user.top / "elsewhere").rmdir()
    (user.top / "elsewhere").symlink_to("/")
    commit = user.commit("Make it a link")
    with pytest.raises(InputError, match="has no folder 'elsewhere/'"):
        source.checkout(commit, "", tmp_path / "copy")


def test_a_folder_that_is_not_committed_is_named(user, tmp_path):
    """The usual mistake: the service was never committed."""
    (user.top / "new").mkdir()
    source = GitSource(user.top / "new")
    with pytest.raises(InputError, match="has no folder 'new/'; commit it"):
        source.checkout(source.resolve(None), "", tmp_path / "copy")


def test_a_checkout_does_not_write_over_files(user, tmp_path):
    """The folder must be new."""
    (tmp_path / "mine.txt").write_text("mine")
    source = GitSource(user.service)
    with pytest.raises(ForgeFailed, match="not empty"):
        source.checkout(source.resolve(None), "", tmp_path)


def test_text_that_is_not_utf_8_is_refused_in_words(user, tmp_path):
    """A patch is text; git would take Latin-1 for text as well."""
    source = GitSource(user.service)
    commit = source.resolve(None)
    tree = source.checkout(commit, "", tmp_path / "copy")
    (tree / "app.py").write_bytes("# café\n".encode("latin-1"))
    with pytest.raises(ForgeFailed, match="not UTF-8"):
        source.diff(commit, tree)


def test_an_unknown_branch_is_answered_with_those_that_exist(user):
    """The message lists the branches."""
    user.git("branch", "release")
    with pytest.raises(InputError, match="no local branch 'mian'; the branches are: main, release"):
        GitSource(user.service).resolve("mian")


@pytest.mark.parametrize("name", ["--help", "HEAD~1", "main:README.md", "@{u}", "../main", "-q"])
def test_a_hostile_branch_name_is_only_a_name(user, name):
    """No option, no expression: it is looked up among the branches, and is not there."""
    user.commit("Second")
    with pytest.raises(InputError, match="no local branch"):
        GitSource(user.service).resolve(name)


def test_a_tag_of_the_same_name_is_not_the_branch(user):
    """Only branches are asked for."""
    first = user.git("rev-parse", "HEAD")
    second = user.commit("Second")
    user.git("tag", "main", first)
    assert GitSource(user.service).resolve("main") == second


def test_a_folder_outside_of_any_repository_is_refused(tmp_path):
    """One clear line with what to write instead."""
    with pytest.raises(InputError, match=r"not a git repository .*; write the path of a folder in a git working tree"):
        GitSource(tmp_path)


def test_a_folder_that_does_not_exist_is_refused(tmp_path):
    """A typing mistake in the path."""
    with pytest.raises(InputError, match="is not a folder"):
        GitSource(tmp_path / "nothing")


def test_a_bare_repository_is_refused(tmp_path):
    """It has no working tree in which the service could be."""
    subprocess.run(["git", "init", "--quiet", "--bare", tmp_path], check=True)
    with pytest.raises(InputError, match="must be run in a work tree"):
        GitSource(tmp_path)


def test_a_repository_without_a_commit_is_refused(tmp_path):
    """There is nothing to run yet."""
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    with pytest.raises(InputError, match="no commit on HEAD; commit the service's code first"):
        GitSource(tmp_path).resolve(None)


def test_the_shallow_clone_of_a_build_server_is_a_source_like_any_other(user, tmp_path):
    """One commit deep, on no branch: its files are all there, and history is not asked for."""
    commit, folder = user.commit("Second"), tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--depth=1", f"file://{user.top}", str(folder)], check=True)
    subprocess.run(["git", "checkout", "--quiet", "--detach"], cwd=folder, check=True)
    source = GitSource(folder / user.service.relative_to(user.top))
    assert source.resolve(None) == commit
    tree = source.checkout(commit, "", tmp_path / "tree")
    assert source.diff(commit, tree) == ""
    (tree / "app.py").write_text("repaired\n")
    patch = source.diff(commit, tree)
    assert (source.checkout(commit, patch, tmp_path / "again") / "app.py").read_text() == "repaired\n"


def test_our_own_artifacts_do_not_make_the_tree_dirty(user):
    """The warning is about the user's work, not about .setpoint."""
    for folder in (user.top / ".setpoint" / "runs", user.service / ".setpoint" / "runs"):
        folder.mkdir(parents=True)
        (folder / "metrics.json").write_text("{}")
    source = GitSource(user.service)
    assert not source.dirty()
    (user.service / "new.py").write_text("")
    assert source.dirty()
