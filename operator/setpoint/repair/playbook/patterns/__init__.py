"""The known faults, each with how it is found and repaired."""

from setpoint.repair.playbook.edits import Pattern
from setpoint.repair.playbook.patterns import hand_over, unbounded

PATTERNS: tuple[Pattern, ...] = (hand_over.PATTERN, unbounded.PATTERN)
