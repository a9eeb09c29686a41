"""The decision: a flat tuple of small rules over what was observed; the first with an opinion wins.

Pure: no clock, no I/O, no exceptions. The same observation gives the same decision on a laptop and in a cluster.
"""

from setpoint.control import repair_rules, run_rules
from setpoint.control.observed import Observed, Rule
from setpoint.control.record import Decision

RULES: tuple[Rule, ...] = (
    run_rules.stay_finished,
    run_rules.end_when_halted,
    run_rules.hold_when_suspended,
    run_rules.start_pending,
    run_rules.wait_for_pending,
    run_rules.settle_failure,
    run_rules.take_result,
    run_rules.measure_first,
    run_rules.finish_unless_breached,
    run_rules.finish_when_observing,
    repair_rules.announce_ending,
    repair_rules.finish_when_ended,
    repair_rules.open_remediation,
    repair_rules.diagnose_first,
    repair_rules.finish_after_diagnosis,
    repair_rules.accept_attempt,
    repair_rules.end_when_not_reproduced,
    repair_rules.escalate_when_undecided,
    repair_rules.escalate_without_proposal,
    repair_rules.escalate_when_nothing_helps,
    repair_rules.begin_attempt,
    repair_rules.propose,
    repair_rules.drop_repetition,
    repair_rules.gate_proposal,
    repair_rules.drop_at_gate,
    repair_rules.test_proposal,
    repair_rules.drop_when_tests_fail,
    repair_rules.publish_proposal,
    repair_rules.finish_when_proposed,
    repair_rules.verify_proposal,
    repair_rules.verify_again,
    repair_rules.settle_verified,
)


def decide(seen: Observed) -> Decision:
    """Choose the next action; the first rule with an opinion wins, and signs it."""
    for rule in RULES:
        if decision := rule(seen):
            return decision.model_copy(update={"rule": rule.__name__})
    raise AssertionError("the last rule always has an opinion")
