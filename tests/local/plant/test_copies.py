"""Copies of a service as real processes: how they start, what they are given, and what is told when they do not."""

import http.server
import os
import re
import signal
import sys
import threading
import urllib.request
from pathlib import Path

import pytest

from setpoint.api.errors import InputError, TargetFailed
from setpoint.api.spec import LocalTarget
from setpoint.plant.guard import LARGEST_OUTPUT
from setpoint.plant.process import ProcessPlant


def test_a_copy_that_is_ready_answers_and_is_seen(plant_of, tree):
    """It runs in its checkout, at a port of its own, as processes that are named."""
    with plant_of("serve()").start("candidate", tree) as copy:
        assert urllib.request.urlopen(copy.url, timeout=5).status == 200
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", copy.url)
        assert copy.name == "candidate"
        assert copy.alive()
        (pid,) = copy.pids()
        assert Path(f"/proc/{pid}/cwd").readlink() == tree
    assert not copy.alive()
    assert copy.pids() == ()
    assert not Path(f"/proc/{pid}").exists()


def test_copies_run_side_by_side(plant_of, tree):
    """Candidate and control at the same time: other ports, other processes, and one ends without the other."""
    plant = plant_of("serve()")
    with plant.start("control", tree) as control:
        with plant.start("candidate", tree) as candidate:
            assert control.url != candidate.url
            assert not set(control.pids()) & set(candidate.pids())
        assert control.alive()
        assert urllib.request.urlopen(control.url, timeout=5).status == 200


def test_a_copy_outlives_the_thread_that_started_it(plant_of, tree):
    """Candidate and control are started from threads of their own."""
    context = plant_of("serve()").start("candidate", tree)
    copies = []
    thread = threading.Thread(target=lambda: copies.append(context.__enter__()))
    thread.start()
    thread.join()
    try:
        assert urllib.request.urlopen(copies[0].url, timeout=5).status == 200
        assert copies[0].alive()
    finally:
        context.__exit__(None, None, None)
    assert not copies[0].alive()


def test_nothing_of_the_callers_environment_reaches_a_copy(plant_of, tree, owner, monkeypatch):
    """A copy may run a patch that nobody has read: no tokens, no home; only what the file gives it."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("GIT_TOKEN", "secret")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("LC_TIME", "C")
    code = "print('\\n'.join(sorted(f'{k}={v}' for k, v in os.environ.items())), flush=True); serve()"
    plant = plant_of(code, env={"DATABASE": "sqlite://", "PORT": "1", "SETPOINT_OWNER": "other"})
    with plant.start("candidate", tree, {"PYTHONPATH": "/probe"}) as copy:
        given = dict(line.split("=", 1) for line in copy.output().splitlines())
        assert Path(given["HOME"]).is_dir()
    expected = {
        "PATH",
        "HOME",
        "PORT",
        "LC_TIME",
        "DATABASE",
        "PYTHONPATH",
        "PYTHONDONTWRITEBYTECODE",
        "SETPOINT_OWNER",
    }
    allowed = {name for name in os.environ if name in ("LANG", "LANGUAGE", "TZ", "TMPDIR") or name.startswith("LC_")}
    assert set(given) - {"LC_CTYPE"} == (expected | allowed) - {"LC_CTYPE"}  # Python sets LC_CTYPE by itself
    assert given["DATABASE"] == "sqlite://"
    assert given["PYTHONPATH"] == "/probe"
    assert given["SETPOINT_OWNER"] == owner
    assert copy.url.endswith(":" + given["PORT"])
    assert not Path(given["HOME"]).exists()


def test_a_copy_is_ready_when_its_readiness_path_says_so(plant_of, tree):
    """A server that answers 503 until it is warm is waited for."""
    code = "ready = time.monotonic() + 0.5; serve(status=lambda: 200 if time.monotonic() > ready else 503)"
    with plant_of(code, readiness="/healthz?full=é").start("candidate", tree) as copy:
        assert urllib.request.urlopen(copy.url, timeout=5).status == 200


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("print('warming up', flush=True); serve(status=500)", "status 500"),
        ("print('warming up', flush=True); time.sleep(60)", "refused"),
        (
            "print('warming up', flush=True); s = socket.create_server(('127.0.0.1', int(os.environ['PORT'])));"
            "time.sleep(60)",
            "timed out",
        ),
    ],
    ids=["error", "no server", "no answer"],
)
def test_a_copy_that_never_gets_ready_is_told_with_what_was_seen(plant_of, tree, code, seen):
    """The path, the time, the last answer and the end of its output; and nothing is left running."""
    plant = plant_of(code, ready_timeout=1.0, readiness="/healthz")
    with pytest.raises(TargetFailed) as failure, plant.start("candidate", tree):
        pass
    assert "candidate did not answer GET /healthz with a status under 400 in 1 s" in str(failure.value)
    assert seen in str(failure.value)
    assert str(failure.value).endswith("the end of its output:\nwarming up")


def test_a_copy_that_ends_at_once_is_told_with_its_output_and_exit_code(plant_of, tree):
    """Long before the time for getting ready is over."""
    with pytest.raises(TargetFailed, match=r"candidate ended with exit code 3; .*:\nno database"):
        plant_of("print('no database', flush=True); sys.exit(3)").start("candidate", tree).__enter__()


def test_a_command_that_counts_on_a_shell_for_its_port_is_told_how_to_call_one(tree, tmp_path, owner):
    """Many servers take it as an argument only."""
    needs_a_shell = ("python", "-c", "import sys; sys.exit('no port: ' + sys.argv[1])", "${PORT}")
    plant = ProcessPlant(LocalTarget(command=needs_a_shell), tmp_path / "logs", owner=owner)
    with pytest.raises(TargetFailed, match=r"write \[sh, -c, 'exec python … \$PORT'\]; .*:\nno port: \$\{PORT\}"):
        plant.start("candidate", tree).__enter__()
    shell = ("sh", "-c", "exec python -c 'import sys; sys.exit(sys.argv[1].isdigit() and 5)' $PORT")
    plant = ProcessPlant(LocalTarget(command=shell), tmp_path / "logs", owner=owner)
    with pytest.raises(TargetFailed, match="ended with exit code 5; it printed nothing"):
        plant.start("candidate", tree).__enter__()


def test_a_copy_that_a_signal_ended_is_told_by_its_name(plant_of, tree):
    """For instance by the kernel, when memory ran out."""
    with pytest.raises(TargetFailed, match="candidate was ended by SIGKILL; it printed nothing"):
        plant_of("os.kill(os.getpid(), signal.SIGKILL)").start("candidate", tree).__enter__()


def test_a_copy_that_loses_its_port_gets_another(plant_of, tree):
    """Between choosing a port and using it someone else may take it; here the first start finds it taken."""
    code = """
    first = not os.path.exists("started")
    open("started", "w").close()
    taken = socket.create_server(("127.0.0.1", int(os.environ["PORT"]))) if first else None
    serve()
    """
    with plant_of(code).start("candidate", tree) as copy:
        assert urllib.request.urlopen(copy.url, timeout=5).status == 200


def test_a_copy_that_never_gets_a_port_is_told(plant_of, tree):
    """After three ports, not forever."""
    code = (
        "print('start', file=open('starts', 'a')); taken = socket.create_server(('', int(os.environ['PORT']))); serve()"
    )
    with pytest.raises(TargetFailed, match="Address already in use"):
        plant_of(code).start("candidate", tree).__enter__()
    assert (tree / "starts").read_text() == "start\n" * 3


def test_another_server_on_the_port_is_not_taken_for_the_copy(plant_of, tree, eventually):
    """The copy lives and someone answers with 200, again and again, but it is not the copy that does."""
    (tree / "asked").mkdir()
    code = """
    open("asked/" + os.environ["PORT"], "w").close()
    while not os.path.exists("answered"):
        time.sleep(0.02)
    sys.exit(7)
    """

    def answer() -> None:
        assert eventually(lambda: any((tree / "asked").iterdir()))
        port = int(next((tree / "asked").iterdir()).name)
        with http.server.HTTPServer(("127.0.0.1", port), http.server.SimpleHTTPRequestHandler) as server:
            server.timeout = 10
            for _ in range(3):
                server.handle_request()
        (tree / "answered").touch()

    stranger = threading.Thread(target=answer)
    stranger.start()
    with pytest.raises(TargetFailed, match="ended with exit code 7"):
        plant_of(code).start("candidate", tree).__enter__()
    stranger.join()


def test_a_service_that_makes_itself_a_daemon_is_followed(plant_of, tree):
    """The command ends well and what it left behind serves: that is the copy."""
    code = """
    if os.fork(): os._exit(0)
    os.setsid()
    if os.fork(): os._exit(0)
    serve()
    """
    with plant_of(code).start("candidate", tree) as copy:
        assert copy.alive()
        (pid,) = copy.pids()
    assert not Path(f"/proc/{pid}").exists()


def test_the_output_is_the_end_of_what_was_printed_and_safe_to_show(plant_of, tree, tmp_path):
    """At most 8 KiB, without escapes; the whole of it is in the log."""
    code = r"""
    print("x" * 20_000)
    print("\x1b[31mred\x1b[0m \x1b]0;title\x07bell\x07 \u202eltr", flush=True)
    os.write(2, b"no text: \xff\n")
    serve()
    """
    with plant_of(code).start("candidate", tree) as copy:
        assert copy.output().endswith("x\nred bell ltr\nno text: \ufffd\n")
        assert len(copy.output()) <= 8 * 1024
    assert (tmp_path / "logs" / "candidate.log").stat().st_size > 20_000
    assert copy.output().endswith("no text: \ufffd\n")


def test_a_log_does_not_fill_the_disk(plant_of, tree, tmp_path, eventually):
    """A service that prints every request writes gigabytes in a long load: what is old goes."""
    code = f"""
    for _ in range({LARGEST_OUTPUT // 2**20 + 1}):
        os.write(1, b"x" * 2**20)
    os.write(1, b"y" * 10_000)
    serve()
    """
    log = tmp_path / "logs" / "candidate.log"
    with plant_of(code).start("candidate", tree) as copy:
        assert eventually(lambda: log.stat().st_size < LARGEST_OUTPUT)
        assert copy.alive()


def test_a_copy_reads_nothing_from_us(plant_of, tree):
    """Its standard input is empty, and it holds no other file of ours."""
    code = "print(repr(sys.stdin.read()), sorted(os.listdir('/proc/self/fd'))[:3], flush=True); serve()"
    with plant_of(code).start("candidate", tree) as copy:
        assert copy.output().startswith("'' ['0', '1', '2']")


def test_signals_that_python_ignores_are_as_usual_for_a_copy(plant_of, tree):
    """A copy must meet SIGPIPE as it does when a shell starts it."""
    (tree / "start.sh").write_text(f"#!/bin/sh\ngrep SigIgn /proc/$$/status\nexec {sys.executable} -S app.py\n")
    (tree / "start.sh").chmod(0o755)
    plant_of("serve()")
    target = LocalTarget(command=("./start.sh",))
    plant = ProcessPlant(target, tree.parent / "logs", owner="signals", ready_timeout=20)
    with plant.start("candidate", tree) as copy:
        ignored = int(copy.output().split()[1], 16)
    assert not [number for number in (signal.SIGPIPE, signal.SIGXFSZ) if ignored >> (number - 1) & 1]


@pytest.mark.parametrize("word", ["no-such-program", "./missing.sh", "./plain.txt", "/no/such/program"])
def test_a_command_that_does_not_exist_is_the_users_error(tree, tmp_path, word):
    """Exit code 2, with what to write instead, and nothing was started."""
    (tree / "plain.txt").write_text("not executable")
    plant = ProcessPlant(LocalTarget(command=(word,)), tmp_path / "logs", owner="none")
    with pytest.raises(InputError, match="is not a program that can be run; write one that is on PATH"):
        plant.start("candidate", tree).__enter__()


def test_a_command_is_first_looked_up_on_the_callers_path(tree, tmp_path, monkeypatch, owner):
    """Then among Setpoint's own programs: python is there even where PATH has none."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (tree / "app.py").write_text("import sys; sys.exit(sys.executable)")
    plant = ProcessPlant(LocalTarget(command=("python", "app.py")), tmp_path / "logs", owner=owner)
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(TargetFailed) as own:
        plant.start("candidate", tree).__enter__()
    assert str(own.value).endswith(str(Path(sys.executable).with_name("python")))
    (programs / "python").write_text("#!/bin/sh\necho the one of the caller\nexit 1\n")
    (programs / "python").chmod(0o755)
    with pytest.raises(TargetFailed, match="the one of the caller"):
        plant.start("candidate", tree).__enter__()


def test_a_program_that_cannot_be_executed_is_told(tree, tmp_path, owner):
    """It is there and executable, but no program."""
    (tree / "serve").write_bytes(b"\x00\x01\x02")
    (tree / "serve").chmod(0o755)
    plant = ProcessPlant(LocalTarget(command=("./serve",)), tmp_path / "logs", owner=owner)
    with pytest.raises(TargetFailed, match="could not be started: Exec format error"):
        plant.start("candidate", tree).__enter__()
