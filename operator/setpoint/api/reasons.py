"""Every reason that a verdict or a status can give: constants, so that other tools can match on them."""

from enum import StrEnum


class Result(StrEnum):
    """A verdict's three values."""

    WITHIN = "Within"
    BREACHED = "Breached"
    INCONCLUSIVE = "Inconclusive"


class Reason(StrEnum):
    """Why a row is what it is (contract section 2)."""

    WITHIN_SETPOINTS = "WithinSetpoints"
    SETPOINT_BREACHED = "SetpointBreached"
    NO_DATA = "NoData"
    STALE_DATA = "StaleData"
    PARTIAL_DATA = "PartialData"
    NON_FINITE = "NonFinite"
    UNORDERED = "Unordered"
    TOO_FEW_SAMPLES = "TooFewSamples"
    WINDOW_TOO_SHORT = "WindowTooShort"
    LOAD_NOT_REACHED = "LoadNotReached"
    LOAD_MODEL_CLOSED = "LoadModelClosed"
    TARGET_RESTARTED = "TargetRestarted"
    TARGET_CHANGED = "TargetChanged"
    QUERY_FAILED = "QueryFailed"
    SOURCES_DISAGREE = "SourcesDisagree"
    NOT_DECIDED = "NotDecided"


class Step(StrEnum):
    """Where an open remediation stands; in the cluster the reason of `Remediating=True` (contract section 7)."""

    DIAGNOSING = "Diagnosing"
    PROPOSING = "Proposing"
    GATING = "Gating"
    TESTING = "Testing"
    PUBLISHING = "Publishing"
    AWAITING_IMAGE = "AwaitingImage"
    AWAITING_APPROVAL = "AwaitingApproval"
    VERIFYING = "Verifying"
    AWAITING_MERGE = "AwaitingMerge"


class Ending(StrEnum):
    """How a remediation ended or why there is none: reasons of `Remediating=False`."""

    DISABLED = "Disabled"
    VERIFIED = "Verified"
    MERGED = "Merged"
    REJECTED = "Rejected"
    NOT_REPRODUCED = "NotReproduced"
    SUPERSEDED = "Superseded"
    COOLING_DOWN = "CoolingDown"
    REVISION_UNKNOWN = "RevisionUnknown"
    NETWORK_NOT_ENFORCED = "NetworkNotEnforced"
    ESCALATED = "Escalated"


class Escalation(StrEnum):
    """Why people are called: reasons of `Escalated=True`."""

    NO_IMPROVEMENT = "NoImprovement"
    GATE_VIOLATION = "GateViolation"
    BUDGET_EXHAUSTED = "BudgetExhausted"
    DEADLINE_EXCEEDED = "DeadlineExceeded"
    MODEL_UNAVAILABLE = "ModelUnavailable"
    PULL_REQUEST_CLOSED = "PullRequestClosed"
    FOREIGN_COMMIT = "ForeignCommit"
    SUSPECTED_GAMING = "SuspectedGaming"
