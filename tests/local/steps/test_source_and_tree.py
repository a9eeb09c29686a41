"""The source serves a commit's tree, and whoever fetches it has every byte and mode of it."""

import hashlib
import io
import json
import os
import stat
import subprocess
import sys
import tarfile
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from local.steps.conftest import APP, TOKEN, end_gently, free_port, git, unpacked, wait_for
from setpoint.api.step_result import parse_ending, parse_result
from setpoint.api.steps import SourceFound

CLEAR = """\
diff --git a/src/app.py b/src/app.py
index 1111111..2222222 100644
--- a/src/app.py
+++ b/src/app.py
@@ -6,2 +6,3 @@
 def flush(sink):
     sink.extend(batch)
+    batch.clear()
"""


def odd_files(repository):
    """Commits files of every kind that a transfer could spoil; the commit's id."""
    top = repository.clone
    (top / ".gitattributes").write_text("*.txt text eol=crlf\n*.sec export-ignore\n*.ver export-subst ident\n")
    (top / ".gitignore").write_text("*.log\n")
    git(top, "config", "core.autocrlf", "false")
    (top / "run.sh").write_text("#!/bin/sh\nexit 0\n")
    (top / "run.sh").chmod(0o755)
    (top / "kept.log").write_text("ignored, and committed all the same\n")
    (top / "left.sec").write_text("not for archives\n")
    (top / "app.ver").write_bytes(b"$Format:%H$ $Id$\n")
    (top / "lines.txt").write_bytes(b"one\ntwo\n")
    (top / "blob").write_bytes(bytes(range(256)))
    (top / "d\u00fcrfen wir").mkdir()
    (top / "d\u00fcrfen wir" / "alias").symlink_to("../src/app.py")
    (top / ("long-" * 40 + "name")).write_text("x")
    return repository.commit()


def test_a_fetched_tree_has_the_hash_that_its_repository_has(steps, repository, serve, tmp_path):
    """Attributes, ignored names, modes and links included."""
    commit = odd_files(repository)
    into = tmp_path / "fetched"
    done = steps.run("tree", "--source", serve(commit), "--into", str(into))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (into / "app.ver").read_bytes() == b"$Format:%H$ $Id$\n"
    git(tmp_path, "init", "--quiet", str(tmp_path / "compare"))
    (tmp_path / "compare" / ".git" / "info" / "attributes").write_text("* -text !ident !filter\n")
    around = (f"--git-dir={tmp_path}/compare/.git", f"--work-tree={into}")
    git(into, *around, "add", "--all", "--force")
    assert git(into, *around, "write-tree") == git(repository.bare, "rev-parse", f"{commit}^{{tree}}")


def test_others_may_read_the_files_and_write_into_the_folders(steps, repository, serve, tmp_path):
    """The service and its tests run as other users than we do."""
    commit, into = odd_files(repository), tmp_path / "fetched"
    assert steps.run("tree", "--source", serve(commit), "--into", str(into)).returncode == 0
    modes = {path.name: stat.S_IMODE(path.lstat().st_mode) for path in into.rglob("*") if not path.is_symlink()}
    assert (modes["src"], modes["app.py"], modes["run.sh"]) == (0o777, 0o644, 0o755)
    assert stat.S_IMODE(into.stat().st_mode) == 0o777


def test_a_patch_is_applied_and_no_repository_left_behind(steps, serve, tmp_path):
    """A second try in the same folder ends the same."""
    (tmp_path / "patch.diff").write_text(CLEAR)
    into = tmp_path / "fetched"
    source = serve()
    for _ in range(2):
        done = steps.run("tree", "--source", source, "--into", str(into), "--patch", str(tmp_path / "patch.diff"))
        assert (done.returncode, done.stderr) == (0, "")
        assert (into / "src" / "app.py").read_text() == APP + "    batch.clear()\n"
        assert sorted(path.name for path in into.iterdir()) == ["src"]
        (into / "left-over").write_text("of the first try")


def test_a_patch_that_does_not_fit_is_one_line(steps, serve, tmp_path):
    """So that a pod says why it did not start."""
    (tmp_path / "patch.diff").write_text(CLEAR.replace("sink.extend", "sink.append"))
    done = steps.run(
        "tree", "--source", serve(), "--into", str(tmp_path / "t"), "--patch", str(tmp_path / "patch.diff")
    )
    assert done.returncode == 4 and "the patch does not apply" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_source_says_what_it_found_and_ends_when_it_is_told_to(steps, repository):
    """The whole id for a shortened one, and where the branch stands meanwhile."""
    old = repository.head
    (repository.clone / "README.md").write_text("More.\n")
    new = repository.commit()
    port = free_port()
    order = {"hosting": repository.hosting, "branch": "main", "commit": old[:8]}
    process, ending = steps.start("source", order, "--port", str(port))
    wait_for(f"http://127.0.0.1:{port}/healthz", process)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/../token", timeout=5)
    began = time.monotonic()
    code, out, err = end_gently(process)
    assert time.monotonic() - began < 2
    assert (code, err, unpacked(out)) == (0, "", {"commit": old, "branchHead": new})
    word = parse_ending(ending.read_text())
    assert SourceFound.model_validate(parse_result(out, word.digest)) == SourceFound(commit=old, branch_head=new)
    assert word.digest == hashlib.sha256(out.splitlines()[-1].partition(":")[2].encode()).hexdigest()


@pytest.mark.parametrize("filters", ["true", "false"])
def test_a_shortened_commit_is_found_whatever_the_server_can_leave_out(steps, repository, filters, tmp_path):
    """Servers that cannot give commits without their files give all."""
    git(repository.bare, "config", "uploadpack.allowFilter", filters)
    port, old = free_port(), repository.head
    (repository.clone / "src" / "app.py").write_text("pass\n")
    repository.commit()
    order = {"hosting": repository.hosting, "branch": "main", "commit": old[:7]}
    process, _ = steps.start("source", order, "--port", str(port))
    wait_for(f"http://127.0.0.1:{port}/healthz", process)
    steps.run("tree", "--source", f"http://127.0.0.1:{port}", "--into", str(tmp_path / "t"))
    assert (tmp_path / "t" / "src" / "app.py").read_text() == APP


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"commit": "abcdef0"}, "RevisionUnknown", "no commit abcdef0 on any branch"),
        ({"commit": "a" * 40}, "RevisionUnknown", "no commit aaaaaaaaaaaa on any branch"),
        ({"branch": "release"}, "ForgeFailed", "no branch 'release'"),
        ({"commit": "main"}, "InputError", "commit"),
    ],
)
def test_what_is_not_there_is_one_clear_error(steps, repository, change, error, said):
    """The operator reads it in the word about the end, people in one line."""
    order = {"hosting": repository.hosting, "branch": "main", "commit": repository.head, **change}
    took = steps.take("source", order)
    assert took.code in (2, 4) and took.out == ""
    assert took.ending["error"] == error and said in took.ending["message"]
    assert said in took.err and "Traceback" not in took.err and TOKEN not in took.err


def test_a_server_that_is_away_is_to_be_asked_again(steps, repository):
    """In so many seconds."""
    hosting = {**repository.hosting, "repository": f"http://127.0.0.1:{free_port()}/checkout.git"}
    took = steps.take("source", {"hosting": hosting, "branch": "main", "commit": repository.head})
    assert took.ending["error"] == "ForgeBusy" and took.ending["retryAfter"] > 0


def test_a_wrong_token_is_denied_and_never_shown(steps, repository):
    """Neither in the log nor in the word about the end."""
    repository.token_file.write_text("t-stranger")
    took = steps.take("source", {"hosting": repository.hosting, "branch": "main", "commit": repository.head})
    assert took.ending["error"] == "ForgeDenied"
    assert "t-stranger" not in took.err + took.out + json.dumps(took.ending)


def test_nothing_in_a_repository_is_run(steps, repository, serve, tmp_path):
    """Its filters name programs, its hooks lie where hooks do, and its submodule is on no server of ours."""
    top, seen = repository.clone, tmp_path / "seen"
    (top / ".gitattributes").write_text("* filter=evil\n")
    (top / ".gitconfig").write_text(f'[filter "evil"]\n\tsmudge = touch {seen}\n\tclean = touch {seen}\n')
    (top / "hooks").mkdir()
    (top / "hooks" / "post-checkout").write_text(f"#!/bin/sh\ntouch {seen}\n")
    (top / "hooks" / "post-checkout").chmod(0o755)
    git(top, "add", "--all")
    git(top, "update-index", "--add", "--cacheinfo", f"160000,{repository.head},vendor/lib")
    git(top, "commit", "--quiet", "-m", "Odd")
    git(top, "push", "--quiet", "origin", "HEAD:main")
    source = serve()
    assert steps.run("tree", "--source", source, "--into", str(tmp_path / "t")).returncode == 0
    assert (tmp_path / "t" / "vendor" / "lib").is_dir() and not any((tmp_path / "t" / "vendor" / "lib").iterdir())
    assert not seen.exists()


def test_a_link_out_of_the_tree_is_refused(steps, repository, serve, tmp_path):
    """By way of another link too, which no comparison of texts would show."""
    (repository.clone / "deep" / "down").mkdir(parents=True)
    (repository.clone / "deep" / "down" / "up").symlink_to("../..")
    (repository.clone / "out").symlink_to("deep/down/up/../secret")
    repository.commit()
    done = steps.run("tree", "--source", serve(), "--into", str(tmp_path / "t"))
    assert done.returncode == 4
    assert done.stderr == "setpoint: 'out' is a link that leads out of the tree\n"


def _entry(name, kind=tarfile.REGTYPE, link="", content=b""):
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname, entry.size = kind, link, len(content)
    return entry, content


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([_entry("/etc/cron.d/x")], "no path inside the tree"),
        ([_entry("a/../../x")], "no path inside the tree"),
        ([_entry(".git/hooks/post-checkout")], "no path inside the tree"),
        ([_entry("a/.GIT/config")], "no path inside the tree"),
        ([_entry("dev", tarfile.CHRTYPE)], "neither a file nor a folder"),
        ([_entry("pipe", tarfile.FIFOTYPE)], "neither a file nor a folder"),
        ([_entry("a"), _entry("b", tarfile.LNKTYPE, "a")], "neither a file nor a folder"),
        ([_entry("a", tarfile.SYMTYPE, "/etc"), _entry("a/passwd")], "link and a folder at once"),
        ([_entry("a", tarfile.SYMTYPE, "/etc")], "leads out"),
        ([_entry("a", tarfile.SYMTYPE, ".."), _entry("b")], "leads out"),
        ([_entry("a"), _entry("a")], "stands twice"),
        ([_entry("n" * 300)], "no path inside the tree"),
    ],
)
def test_an_archive_that_is_no_plain_tree_is_refused(steps, tmp_path, entries, said):
    """Nothing is written outside of the folder, whoever answers in the source's place."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for entry, content in entries:
            archive.addfile(entry, io.BytesIO(content))
    done = _fetched(steps, tmp_path, file.getvalue())
    assert done.returncode == 4 and said in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr


def test_half_an_archive_is_to_be_asked_for_again(steps, tmp_path):
    """The rest of it did not come."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(*((e := _entry("a", content=b"x" * 100_000))[0], io.BytesIO(e[1])))
    done = _fetched(steps, tmp_path, file.getvalue(), shown=50_000)
    assert done.returncode == 4 and "broke off" in done.stderr


def _fetched(steps, tmp_path, body, shown=None):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:shown])

        def log_message(self, *_): ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            return steps.run(
                "tree", "--source", f"http://127.0.0.1:{server.server_address[1]}", "--into", str(tmp_path / "t")
            )
        finally:
            server.shutdown()


def test_a_tree_is_waited_for_until_its_source_is_there(steps, repository, tmp_path):
    """Both pods start at once."""
    port = free_port()
    asked = ["--source", f"http://127.0.0.1:{port}", "--into", str(tmp_path / "t")]
    fetching = subprocess.Popen([sys.executable, "-m", "setpoint", "step", "tree", *asked], env=os.environ)
    time.sleep(1.5)
    order = {"hosting": repository.hosting, "branch": "main", "commit": repository.head}
    steps.start("source", order, "--port", str(port))
    assert fetching.wait(60) == 0
    assert (tmp_path / "t" / "src" / "app.py").read_text() == APP


@pytest.mark.parametrize("name", ["source", "tree", "gate"])
def test_a_step_that_needs_no_large_package_imports_none(name):
    """A pod's start is waited for."""
    program = (
        f"import sys, importlib; importlib.import_module('setpoint.cli.step.{name}');"
        "print(*sorted({'numpy', 'anthropic', 'libcst', 'git', 'prometheus_api_client'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
