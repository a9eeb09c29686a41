"""However a run ends, no process of a copy is left: in good order, by an error, by kill -9, and from before."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from setpoint.api.errors import TargetFailed
from setpoint.plant.sweep import sweep

FAMILY = """
    def start(*flags, env=None):
        return subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(300)", *flags], env=env)
    start()                                                   # a worker
    if os.fork() == 0:                                        # a daemon, forked twice, in its own session
        os.setsid()
        if os.fork() == 0:
            start()
            time.sleep(300)
        os._exit(0)
    if os.fork() == 0:                                        # a daemon without any mark of ours
        os.setsid()
        start(env={})
        os._exit(0)
    serve()
"""
FAMILY_SIZE = 5


def gone(pids: tuple[int, ...]) -> bool:
    """Whether none of them is a living process."""
    return not any(living(pid) for pid in pids)


def living(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_all_that_came_of_a_copy_is_seen_and_ends_with_it(plant_of, tree, eventually):
    """Workers, daemons in sessions of their own, and those without our mark."""
    with plant_of(FAMILY).start("candidate", tree) as copy:
        assert eventually(lambda: len(copy.pids()) == FAMILY_SIZE)
        pids = copy.pids()
        assert all(living(pid) for pid in pids)
    assert gone(pids)
    assert not copy.alive()


def test_a_copy_that_will_not_be_asked_is_killed(plant_of, tree):
    """It ignores SIGTERM, or is stopped and cannot answer."""
    code = """
    for _ in range(2):
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.kill(os.getpid(), signal.SIGSTOP)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    serve()
    """
    with plant_of(code).start("candidate", tree) as copy:
        pids = copy.pids()
        assert len(pids) == 3
    assert gone(pids)


def test_an_error_inside_the_context_ends_the_copy(plant_of, tree):
    """Ctrl-C too: it arrives as an exception."""
    seen = []

    def measure() -> None:
        with plant_of(FAMILY).start("candidate", tree) as copy:
            seen.extend(copy.pids())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure()
    assert seen
    assert gone(tuple(seen))


def test_a_copy_that_never_gets_ready_leaves_nothing(plant_of, tree, owner):
    """Its workers are ended with it."""
    with pytest.raises(TargetFailed):
        plant_of(FAMILY.replace("serve()", "time.sleep(300)"), ready_timeout=1.0).start("candidate", tree).__enter__()
    assert sweep(owner) == 0


def test_a_copy_may_end_in_good_order(plant_of, tree):
    """It is asked before it is killed, so that it can flush and close."""
    code = """
    def end(*_):
        open("flushed", "w").close()
        os._exit(0)
    signal.signal(signal.SIGTERM, end)
    serve()
    """
    with plant_of(code).start("candidate", tree):
        assert not (tree / "flushed").exists()
    assert (tree / "flushed").exists()


def test_a_copy_that_fails_takes_its_workers_along(plant_of, tree, eventually):
    """What a failed command left behind is no service any more."""
    code = """
    worker = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(300)"])
    signal.signal(signal.SIGUSR1, lambda *_: os._exit(1))
    serve()
    """
    with plant_of(code).start("candidate", tree) as copy:
        main, worker = copy.pids()
        os.kill(main, signal.SIGUSR1)
        assert eventually(lambda: not copy.alive())
        assert gone((main, worker))
        assert copy.pids() == ()


def test_a_copy_whose_guard_is_killed_ends_as_well(plant_of, tree, eventually):
    """Nothing that happens to the guard lets the service go on unseen."""
    with plant_of("serve()").start("candidate", tree) as copy:
        (pid,) = copy.pids()
        guard = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(guard, signal.SIGKILL)
        assert eventually(lambda: gone((pid,)))
        assert eventually(lambda: not copy.alive())


@contextmanager
def run_of_its_own(plant_of, tree: Path, code: str, owner: str) -> Iterator[subprocess.Popen]:
    """A run as a process: it starts a copy, prints the copy's processes, and waits."""
    plant_of(code)
    run = f"""
    import signal, sys, time
    from pathlib import Path
    from setpoint.api.spec import LocalTarget
    from setpoint.plant.process import ProcessPlant
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it for what runs in the background
    target = LocalTarget(command=(sys.executable, "-S", "app.py"))
    plant = ProcessPlant(target, Path({str(tree.parent / "logs")!r}), owner={owner!r}, ready_timeout=20)
    with plant.start("candidate", Path({str(tree)!r})) as copy:
        print(*copy.pids(), flush=True)
        time.sleep(300)
    """
    command = [sys.executable, "-c", textwrap.dedent(run)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_kill_9_of_the_run_ends_every_process_of_its_copies(plant_of, tree, owner, eventually):
    """Without anybody's help: the guard sees its pipe close."""
    with run_of_its_own(plant_of, tree, FAMILY, owner) as run:
        pids = tuple(map(int, run.stdout.readline().split()))
        run.kill()
    assert pids
    assert eventually(lambda: gone(pids))


def test_ctrl_c_on_the_terminal_reaches_the_run_which_ends_the_copy_in_order(plant_of, tree, owner):
    """The terminal sends it to the whole process group; neither the copy nor its guard are in that."""
    code = """
    signal.signal(signal.SIGINT, lambda *_: open("interrupted", "w").close())
    def end(*_):
        open("asked", "w").close()
        os._exit(0)
    signal.signal(signal.SIGTERM, end)
    serve()
    """
    with run_of_its_own(plant_of, tree, code, owner) as run:
        (pid,) = map(int, run.stdout.readline().split())
        os.killpg(run.pid, signal.SIGINT)
        run.wait(timeout=20)
    assert gone((pid,))
    assert (tree / "asked").exists()
    assert not (tree / "interrupted").exists()


def test_a_copy_that_signals_its_own_group_does_not_hit_its_guard(plant_of, tree):
    """Some servers end their workers by `kill 0`."""
    code = """
    worker = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(300)"])
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)
    worker.wait()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    serve()
    """
    with plant_of(code).start("candidate", tree) as copy:
        assert copy.alive()
        assert len(copy.pids()) == 1


def sleeper(owner: str | None, **popen: object) -> subprocess.Popen:
    """A process that a run might have left behind."""
    environment = {"PATH": os.environ["PATH"]} | ({"SETPOINT_OWNER": owner} if owner else {})
    return subprocess.Popen(["sleep", "300"], env=environment, **popen)


def test_sweeping_ends_what_bears_the_mark_and_nothing_else(owner):
    """Exactly the mark: not one that only begins the same, not a process without."""
    left = [sleeper(owner), sleeper(owner, start_new_session=True)]
    others = [sleeper(f"{owner}-2"), sleeper(owner[:-1]), sleeper(None)]
    try:
        assert sweep(owner) == 2
        assert [process.wait(timeout=5) for process in left] == [-signal.SIGKILL] * 2
        assert [process.poll() for process in others] == [None] * 3
        assert sweep(owner) == 0
    finally:
        for process in left + others:
            process.kill()
            process.wait()


def test_sweeping_spares_the_sweeper_and_those_it_descends_from(owner):
    """A run that was itself started with the mark may sweep."""
    code = f"from setpoint.plant.sweep import sweep; print(sweep({owner!r}))"
    shell = ["sh", "-c", f'sleep 300 & {sys.executable} -c "$0"; echo the shell goes on', code]
    environment = {**os.environ, "SETPOINT_OWNER": owner}
    done = subprocess.run(shell, env=environment, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.splitlines() == ["1", "the shell goes on"]
