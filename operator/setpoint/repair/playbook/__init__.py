"""The deterministic proposer: known faults in Python services, found where the evidence points, repaired by LibCST.

Read in this order: project (the files) → symbols, names, calls, roles, containers (how the code hangs together) →
sight (where the evidence points) → scene (all of it) → patterns/ (each known fault: how likely, and which changes) →
edits, imports, rewrite (changes in, new text out) → tried → proposing (the likeliest that was not tried).

What keeps a change from doing harm: forgetting, recomputing, values, needed, answered, putting_back (what a container
holds, and whether it arrived), partial, mutating, once, settled,
written, rows_written (whether a second look gives the same), sharing, guarded, racing, touching (what others do
meanwhile), lasting (what is in use when a function has ended). Each is fail-safe: what cannot be told is left alone.
"""

from setpoint.repair.playbook.edits import Edit
from setpoint.repair.playbook.proposing import propose

__all__ = ["Edit", "propose"]
