"""Processes as /proc shows them, on a folder that looks like it."""

import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from setpoint.api.reasons import Reason
from setpoint.sense.process import read_processes
from setpoint.sense.vitals import Vitals

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Machine:
    """A folder like /proc that can be changed as a test goes on; also a copy whose processes are in it."""

    proc: Path
    name: str = "checkout"
    url: str = ""
    live: list[int] = field(default_factory=list)

    def pids(self):
        return list(self.live)

    def alive(self):
        return bool(self.live)

    def output(self):
        return ""

    def run(self, pid, *, pss_kb=1000, started=500, cpu=(0, 0, 0, 0), state="S", command="app"):
        folder = self.proc / str(pid)
        folder.mkdir(exist_ok=True)
        times = " ".join(str(seconds * TICKS) for seconds in cpu)
        (folder / "stat").write_text(f"{pid} ({command}) {state} {'0 ' * 10}{times} 20 0 1 0 {started} 0 0\n")
        (folder / "statm").write_text("900 500 300 1 0 100 0\n")
        (folder / "cgroup").write_text("0::/box\n")
        if pss_kb is not None:
            (folder / "smaps_rollup").write_text(f"0-f r-xp 0 00:00 0 [rollup]\nRss: 9999 kB\nPss: {pss_kb} kB\n")
        if pid not in self.live:
            self.live.append(pid)

    def end(self, pid):
        for file in (self.proc / str(pid)).iterdir():
            file.unlink()
        (self.proc / str(pid)).rmdir()
        self.live.remove(pid)

    def kills(self, count):
        (self.proc / "box").mkdir(exist_ok=True)
        (self.proc / "box" / "memory.events").write_text(f"low 0\noom 9\noom_kill {count}\n")


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.fixture
def vitals(machine):
    return Vitals(machine, proc=machine.proc, cgroups=machine.proc)


def test_memory_is_the_sum_of_pss(machine, vitals):
    """Shared pages count once over all processes."""
    machine.run(10, pss_kb=2000)
    machine.run(11, pss_kb=500)
    vitals.sample()
    assert [value for _, value in vitals.memory.points] == [2500 * 1024]


def test_a_zombie_has_no_memory_but_its_cpu_time_counts(machine, vitals):
    """It is over; only its account stands until its parent asks for it."""
    machine.run(10, pss_kb=2000)
    machine.run(11, pss_kb=None, state="Z", cpu=(3, 0, 0, 0))
    vitals.sample()
    assert vitals.memory.points[0][1] == 2000 * 1024
    assert sum(process.cpu_seconds for process in read_processes([10, 11], machine.proc)) == 3


@pytest.mark.parametrize("command", ["a b", "evil) S 0 0 0", "((", ")"])
def test_a_commands_name_may_hold_anything(machine, command):
    """Brackets and spaces in it do not shift the fields."""
    machine.run(10, started=777, cpu=(1, 2, 3, 4), command=command)
    [process] = read_processes([10], machine.proc)
    assert (process.started, process.cpu_seconds) == (777, 10)


def test_one_process_whose_pss_is_hidden_gives_its_resident_memory(machine, vitals, caplog):
    """With a note, once."""
    machine.run(10, pss_kb=None)
    vitals.sample()
    vitals.sample()
    assert [value for _, value in vitals.memory.points] == [500 * os.sysconf("SC_PAGE_SIZE")] * 2
    assert len(caplog.messages) == 1


def test_several_processes_whose_pss_is_hidden_are_partial(machine, vitals):
    """Their shared pages would count several times."""
    machine.run(10, pss_kb=None)
    machine.run(11, pss_kb=None)
    vitals.sample()
    assert vitals.memory.fault("memory").reason is Reason.PARTIAL_DATA


def test_pss_that_disappears_does_not_become_a_step_to_rss(machine, vitals):
    """Two measures in one series would look like growth."""
    machine.run(10, pss_kb=2000)
    vitals.sample()
    (machine.proc / "10" / "smaps_rollup").unlink()
    vitals.sample()
    assert len(vitals.memory.points) == 1
    assert vitals.memory.missed == 1


def test_another_main_process_is_a_restart(machine, vitals):
    """The first start time stays; restarts count on."""
    machine.run(10, started=500)
    vitals.sample()
    first = vitals.instance().started_at
    machine.end(10)
    machine.run(20, started=900)
    vitals.sample()
    instance = vitals.instance()
    assert instance.restarts == 1
    assert abs(_seconds(instance.started_at) - _seconds(first)) < 1


def test_the_same_pid_with_a_later_start_is_a_restart(machine, vitals):
    """Pids come round again."""
    machine.run(10, started=500)
    vitals.sample()
    machine.run(10, started=900)
    vitals.sample()
    assert vitals.instance().restarts == 1


def test_workers_that_come_and_go_are_no_restart(machine, vitals):
    """Only the main process counts: the oldest."""
    machine.run(10, started=500)
    machine.run(11, started=600)
    vitals.sample()
    machine.end(11)
    machine.run(12, started=700)
    vitals.sample()
    assert vitals.instance().restarts == 0


def test_a_process_that_the_kernel_ended_for_memory_is_an_observation(machine, vitals):
    """The count of its cgroup went up while it disappeared."""
    machine.kills(4)
    machine.run(10)
    vitals.sample()
    machine.end(10)
    machine.kills(5)
    vitals.sample()
    assert vitals.instance().killed_for_memory


def test_the_older_layout_of_cgroups_counts_too(machine, vitals):
    """Version 1 has a folder for memory, and another name for the file."""
    events = machine.proc / "memory" / "box" / "memory.oom_control"
    events.parent.mkdir(parents=True)
    events.write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 0\n")
    machine.run(10)
    (machine.proc / "10" / "cgroup").write_text("9:name=systemd:/\n4:cpu,memory:/box\n0::/\n")
    vitals.sample()
    machine.end(10)
    events.write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 1\n")
    vitals.sample()
    assert vitals.instance().killed_for_memory


def test_a_process_that_ended_by_itself_was_not_killed_for_memory(machine, vitals):
    """The count stands still."""
    machine.kills(4)
    machine.run(10)
    vitals.sample()
    machine.end(10)
    vitals.sample()
    assert not vitals.instance().killed_for_memory


def test_the_whole_machines_count_serves_where_there_is_no_cgroup(machine, vitals):
    """Older layouts and the root cgroup have no memory.events."""
    (machine.proc / "vmstat").write_text("pgfault 9\noom_kill 0\n")
    machine.run(10)
    vitals.sample()
    machine.end(10)
    (machine.proc / "vmstat").write_text("pgfault 9\noom_kill 1\n")
    vitals.sample()
    assert vitals.instance().killed_for_memory


def test_cpu_that_seems_to_shrink_gives_no_point(machine, vitals):
    """A process took its account along: the interval is not known, and never negative."""
    machine.run(10, cpu=(5, 0, 0, 0))
    machine.run(11, cpu=(5, 0, 0, 0))
    vitals.sample()
    machine.end(11)
    vitals.sample()
    assert vitals.cpu.points == []


def _seconds(text):
    return datetime.fromisoformat(text).timestamp()
