"""The known faults, each with how it is found and repaired."""

from setpoint.repair.playbook.edits import Pattern
from setpoint.repair.playbook.patterns import (
    blocking,
    cached_function,
    hand_over,
    joining,
    labels,
    lazy_loading,
    list_ends,
    listeners,
    lock_held,
    membership,
    n_plus_one,
    never_closed,
    orm_get,
    repeated_work,
    setup,
    unbounded,
)

PATTERNS: tuple[Pattern, ...] = (
    hand_over.PATTERN,
    unbounded.PATTERN,
    cached_function.PATTERN,
    listeners.PATTERN,
    labels.PATTERN,
    membership.PATTERN,
    list_ends.PATTERN,
    repeated_work.PATTERN,
    joining.PATTERN,
    setup.PATTERN,
    n_plus_one.PATTERN,
    orm_get.PATTERN,
    lazy_loading.PATTERN,
    blocking.PATTERN,
    lock_held.PATTERN,
    never_closed.PATTERN,
)
