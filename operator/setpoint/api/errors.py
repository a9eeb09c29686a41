"""Setpoint's own errors, and the exit code that each becomes.

SetpointError
 ├─ InputError        what the user wrote cannot work: what, where, what instead      exit 2
 │   └─ NotAllowed    it could work, and the operator's configuration forbids it
 └─ NoVerdict         no verdict could be formed: no k6, target not ready, disk       exit 4
     ├─ LoadFailed    the load generator could not run
     ├─ TargetFailed  the target did not start, or did not become ready
     ├─ ModelFailed   the model, or the program, that proposes changes cannot be used
     ├─ BudgetExhausted   a proposal would cost more than it may
     └─ ForgeFailed   the repository or the forge refused
         ├─ ForeignCommit   someone else moved, deleted or is working on our branch
         ├─ Superseded      the base branch has other code now in the files that the repair touches
         ├─ ForgeDenied     the token is missing, refused, or may do too little
         ├─ ForgeBusy       not now: the forge limits us, is not reachable or did not answer; again later
         └─ NotOffered      a forge of this kind has no such thing
"""


class SetpointError(Exception):
    """Base of all errors that are shown to people as one clear line."""

    exit_code = 4


class InputError(SetpointError):
    """Something that the user wrote cannot work; says what, where, and what to write instead."""

    exit_code = 2

    def __init__(self, what: str, *, where: str = "", instead: str = "") -> None:
        self.what, self.where, self.instead = what, where, instead
        super().__init__("".join([f"{where}: " if where else "", what, f"; {instead}" if instead else ""]))


class NotAllowed(InputError):
    """What the user wrote could work, and whoever runs the operator does not allow it."""


class NoVerdict(SetpointError):
    """No verdict could be formed; the message says which part failed and what to do."""


class LoadFailed(NoVerdict):
    """The load generator is missing, refused its script, or died."""


class TargetFailed(NoVerdict):
    """The target did not start or never became ready; carries the end of its output."""


class ModelFailed(NoVerdict):
    """The model, or the program, that proposes changes cannot be reached, refuses us, or fails."""


class NetworkNotEnforced(NoVerdict):
    """The cluster lets through what a NetworkPolicy forbids: what others wrote is not let loose there."""


class BudgetExhausted(NoVerdict):
    """What a proposal may cost (money, tokens, turns or time) is used up, and there is none."""


class ForgeFailed(NoVerdict):
    """The repository or the forge refused an operation."""


class RevisionUnknown(ForgeFailed):
    """The commit that is said to be deployed is not in the repository, or there are several that it may be."""


class ForeignCommit(ForgeFailed):
    """Our branch is not as we left it: someone moved it, deleted it, or works on it. What now is for people to say."""


class Superseded(ForgeFailed):
    """The base branch moved on in the very files that the repair touches: it answers code that is no longer there."""


class PullRequestClosed(ForgeFailed):
    """People closed or merged our pull request: what it was for is theirs now."""


class ForgeDenied(ForgeFailed):
    """The forge does not let us: the token is missing, expired, unknown, or may do too little."""


class ForgeBusy(ForgeFailed):
    """Not now: the same order later may succeed. It may also have been carried out already, so look first."""

    def __init__(self, message: str, retry_after: float = 60.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotOffered(ForgeFailed):
    """This kind of forge has no such thing, for instance comments on a plain git remote."""
