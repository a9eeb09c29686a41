"""Memory that a process keeps in files that live in memory, which nobody has mapped."""

import subprocess
import sys

from setpoint.sense.process import proportional_memory, read_processes

MEGABYTE = 1_000_000
KEEP = """
import mmap, os, sys
file = os.memfd_create("kept")
os.write(file, b"x" * 30_000_000)
if sys.argv[1] == "mapped":
    view = mmap.mmap(file, 0)
    sum(view[at] for at in range(0, len(view), 4096))
print("here", flush=True)
sys.stdin.read()
"""


def memory_of(how):
    """What a process that keeps 30 MB so is said to hold."""
    command = [sys.executable, "-c", KEEP, how]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        held = proportional_memory(read_processes([process.pid]))
        process.stdin.close()
    return held


def test_what_is_kept_in_a_file_in_memory_counts_once():
    """Whether it is mapped or not: else it would be a place to hide a leak in."""
    apart, mapped = memory_of("apart"), memory_of("mapped")
    assert 30 * MEGABYTE < apart < 55 * MEGABYTE
    assert abs(apart - mapped) < 5 * MEGABYTE
