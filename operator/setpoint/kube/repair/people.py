"""What people did with our pull request: looked up now and then, written down, and obeyed."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from setpoint.api.base import Model
from setpoint.api.forge import ForgeResult, Hosting, Mark, PollJob
from setpoint.api.reasons import Ending, Escalation
from setpoint.control.observed import Halt
from setpoint.kube.cluster import path_of
from setpoint.kube.names import PEOPLE, belongs_to, result_map
from setpoint.kube.refusals import AlreadyThere
from setpoint.kube.repair.desk import Desk
from setpoint.kube.repair.hosting import poll_step

FILE = "people.json"


class People(Model):
    """All that is known of them. `hosting`, `secret` and `commit` (whole) are what the pull request was opened with."""

    hosting: Hosting
    secret: str | None = None
    branch: str
    head: str
    commit: str = ""
    mark: Mark = Mark()
    polls: int = 0
    polled_at: float = 0.0
    state: str = "Open"
    foreign: bool = False
    stopped_by: str = ""
    approved: tuple[str, ...] = ()
    retry_by: str = ""
    trouble: str = ""

    def halt(self) -> Halt | None:
        """Why the remediation must end; None: nobody objects."""
        if self.state == "Closed":
            return Halt(Ending.ESCALATED, "people closed the pull request", Escalation.PULL_REQUEST_CLOSED)
        if self.state == "Merged":
            return Halt(Ending.MERGED, "people merged the pull request before it was verified")
        if self.foreign:
            message = f"branch {self.branch} is not as we left it: somebody else works on it"
            return Halt(Ending.ESCALATED, message, Escalation.FOREIGN_COMMIT)
        if self.stopped_by:
            return Halt(Ending.REJECTED, f"{self.stopped_by} said /setpoint stop")
        return None


class Watch:
    """The look-out of one remediation."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._name = result_map(f"{desk.ground.remediation}-people")
        self._version = ""

    def load(self) -> People | None:
        """What is known; None before there is a pull request."""
        found = self._desk.cluster.find(self._path(self._name))
        if found is None or not belongs_to(found, self._desk.ground.owner["uid"]):
            return None
        self._version = found["metadata"]["resourceVersion"]
        try:
            return People.model_validate_json((found.get("data") or {}).get(FILE) or "")
        except ValidationError:
            return None

    def save(self, people: People) -> None:
        """Write it down, in the version that was read."""
        about: dict[str, Any] = self._desk.ground.about(self._name, PEOPLE)
        body: Mapping[str, Any] = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {**about, **({"resourceVersion": self._version} if self._version else {})},
            "data": {FILE: people.model_dump_json(by_alias=True, exclude_none=True)},
        }
        try:
            written = self._desk.cluster.create(self._path(), body) if not self._version else None
        except AlreadyThere:
            written = None
        written = written or self._desk.cluster.replace(self._path(self._name), body)
        self._version = written["metadata"]["resourceVersion"]

    def look(self, people: People, every: float) -> tuple[People, float]:
        """What is known after a look, if it is time for one; and the seconds until the next."""
        if people.hosting.kind == "git":
            return people, every
        due = people.polled_at + every
        if self._desk.now < due:
            return people, due - self._desk.now
        self.forget(people)
        step, key = poll_step(self._desk, people.secret), self._key(people)
        order = PollJob(hosting=people.hosting, branch=people.branch, expected_head=people.head, mark=people.mark)
        step.advance(key, order)
        progress = step.state(key)
        if progress.phase == "Running":
            return people, 5.0
        after = heard(people, progress.result) if progress.result else _unheard(people, progress.message)
        after = after.model_copy(update={"polls": people.polls + 1, "polled_at": self._desk.now})
        self.save(after)
        self.forget(after)
        return after, every

    def stop(self, people: People) -> None:
        """End a look that is under way: nothing of it is kept, and it may be begun again."""
        poll_step(self._desk, people.secret).stop(self._key(people))

    def forget(self, people: People) -> None:
        """Remove what the last look gave, again where we died before that: it is in what is known."""
        if people.polls:
            self._desk.cluster.delete(self._path(result_map(self._key(people, before=1))))

    def moved(self, people: People, head: str) -> People:
        """What is known once we have pushed `head` ourselves: a look that began before it would take it for theirs."""
        self.stop(people)
        self._desk.cluster.delete(self._path(result_map(self._key(people))))
        after = {"head": head, "foreign": False, "polls": people.polls + 1, "polled_at": self._desk.now}
        return people.model_copy(update=after)

    def _key(self, people: People, before: int = 0) -> str:
        return f"{self._desk.ground.remediation}-poll-{people.polls - before}"

    def _path(self, name: str | None = None) -> str:
        return path_of("v1", "configmaps", self._desk.namespace, name)


def heard(people: People, result: ForgeResult) -> People:
    """What is known after a look. Pure."""
    found = result.pull_request
    state = found.state if found else "Closed"
    stop = next((said.author for said in result.commands if said.verb == "stop"), "")
    retry = next((said.author for said in result.commands if said.verb == "retry"), "")
    # An approval is for one attempt, by its name: what comes after it has not been seen.
    approved = tuple(said.argument for said in result.commands if said.verb == "approve" and said.argument)
    return people.model_copy(
        update={
            "state": state,
            "foreign": state == "Open" and result.head != people.head,
            "stopped_by": people.stopped_by or stop,
            "retry_by": people.retry_by or retry,
            "approved": (*people.approved, *approved)[-20:],
            "mark": result.mark or people.mark,
            "trouble": "; ".join(result.notes)[:500],
        }
    )


def _unheard(people: People, message: str) -> People:
    return people.model_copy(update={"trouble": message[:500]})
