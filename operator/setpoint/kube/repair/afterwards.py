"""After a remediation has ended and while its pull request is open: people decide, and we look what they did."""

from typing import TYPE_CHECKING

from setpoint.api.reasons import Ending
from setpoint.kube.draft import Draft
from setpoint.kube.facts import Constraint
from setpoint.kube.plan import Plan
from setpoint.kube.repair.desk import desk_of
from setpoint.kube.repair.people import People, Watch
from setpoint.kube.repair.telling import MOST_HISTORY

if TYPE_CHECKING:
    from setpoint.kube.reconciler import World


class Afterwards:
    """One visit. `wait`: seconds until the next look, None: there is nothing to look at."""

    def __init__(self, world: "World", constraint: Constraint, plan: Plan, draft: Draft) -> None:
        assert constraint.status.remediation is not None
        self._constraint, self._draft = constraint, draft
        self._status = constraint.status.remediation
        self._watch = Watch(desk_of(world.cluster, constraint.owner, self._status, plan.configuration, world.now()))
        limits, deployed = plan.configuration.repair, plan.deployed
        # Something else was rolled out: most likely what was merged, so people have decided.
        moved = bool(deployed and deployed.images != self._status.images)
        self._every = limits.look_every if moved else limits.look_later
        self.wait: float | None = None

    def look(self) -> bool:
        """Whether people did something that changes the status."""
        status = self._status
        pull_request = status.pull_request
        if pull_request is None or pull_request.state != "Open" or not pull_request.number:
            return False
        people = self._watch.load()
        if people is None:
            return False
        if self._obeyed(people):  # written down, and we died before it was in the status
            return True
        after, self.wait = self._watch.look(people, self._every)
        return self._obeyed(after)

    def _obeyed(self, people: People) -> bool:
        """Whether what is known of people changes the status."""
        status = self._status
        if people.retry_by and status.cools_until:
            self._draft.set(remediation=status.model_copy(update={"cools_until": None, "retried_by": people.retry_by}))
            return True
        return self._decided(people)

    def _decided(self, people: People) -> bool:
        """They closed it, merged it, or said that it is not wanted."""
        assert self._status.pull_request is not None
        if people.state == "Open" and not people.stopped_by:
            return False
        self._watch.forget(people)
        merged = people.state == "Merged"
        closed = self._status.pull_request.model_copy(update={"state": people.state, "draft": False})
        message = f"the pull request was {'merged' if merged else 'closed'} by people"
        if people.stopped_by and not merged:
            message = f"{people.stopped_by} said /setpoint stop"
        ended = Ending.MERGED if merged else Ending.REJECTED
        changes = {"pull_request": closed, "ended": ended, "message": message, "escalation": None}
        self._draft.set(remediation=self._status.model_copy(update=changes))
        history = self._constraint.status.history
        if history and history[0].id == self._status.id:
            past = history[0].model_copy(update={"ended": ended, "reason": ended})
            self._draft.set(history=(past, *history[1:])[:MOST_HISTORY])
        self._draft.say("Escalated", None)
        return True
