"""The deterministic proposer: known faults in Python services, found where the evidence points, repaired by LibCST."""

from setpoint.repair.playbook.edits import Edit
from setpoint.repair.playbook.proposing import propose

__all__ = ["Edit", "propose"]
