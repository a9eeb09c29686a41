"""What is asked of the forge, each a Job: publish an attempt, say how it ended, look what people did."""

from collections.abc import Callable
from typing import Any

from setpoint.api.errors import PullRequestClosed
from setpoint.api.forge import (
    CloseJob,
    CommentOrder,
    ForgeOrder,
    ForgeResult,
    Hosting,
    IssueOrder,
    PollJob,
    PublishJob,
    ReportJob,
    StatusOrder,
)
from setpoint.api.ports import Progress, PublishOrder
from setpoint.api.reasons import Ending
from setpoint.api.remedy import PullRequest
from setpoint.control.record import Record, Remediation
from setpoint.kube.repair.desk import Desk
from setpoint.kube.repair.steps import JobStep
from setpoint.kube.repair.works import forge_work
from setpoint.report.ledger import ledger, ledger_title


class Publishing:
    """The stages publish and announce. `record` gives the record as it is now; `commit` is the deployed one, whole."""

    def __init__(
        self,
        desk: Desk,
        hosting: Hosting,
        secret: str | None,
        base: str,
        record: Callable[[], Record],
        commit: str = "",
    ) -> None:
        self._record, self._hosting, self._base, self.commit = record, hosting, base, commit
        self._publish: JobStep[PublishOrder, PullRequest] = JobStep(
            desk, lambda key, order: forge_work(desk.ground, secret, "publish", key, self._job(order)), self._published
        )
        self._report: JobStep[ForgeOrder, ForgeResult] = JobStep(
            desk,
            lambda key, order: forge_work(desk.ground, secret, _name(order), key, order),
            ForgeResult.model_validate,
        )

    def ensure(self, key: str, order: PublishOrder) -> None:
        """Begin, or go on."""
        self.advance(key, order)

    def state(self, key: str) -> Progress[PullRequest]:
        """Of an announcement: done when the report is."""
        if not key.endswith("-announce"):
            return self._publish.state(key)
        moved = self._publish.state(f"{key}-branch")
        if moved.phase == "Failed":
            return moved
        said = self._report.state(key)
        if said.phase == "Done" and said.result is not None:
            return Progress("Done", self._announced(said.result))
        return Progress(said.phase, message=said.message, error=said.error)

    def stop(self, key: str) -> None:
        """End what runs of it."""
        self._publish.stop(key)
        self._publish.stop(f"{key}-branch")
        self._report.stop(key)

    def advance(self, key: str, order: PublishOrder) -> None:
        """The branch first, where another attempt than the last is to be shown; then the words."""
        if not key.endswith("-announce"):
            self._publish.advance(key, order)
            return
        self._report.kept.begun.add(key)
        remediation = self._remediation()
        if _shows_another(remediation):
            self._publish.advance(f"{key}-branch", order)
            if self._publish.state(f"{key}-branch").phase != "Done":
                return
        self._report.advance(key, self._ending(key, order, remediation))

    @property
    def wait(self) -> float:
        """Seconds until the next look."""
        return min(self._publish.wait, self._report.wait)

    def _job(self, order: PublishOrder) -> PublishJob:
        attempt = self._remediation().current
        gated = attempt.gate.tree if attempt and attempt.gate and attempt.patch == order.patch else ""
        return PublishJob(
            hosting=self._hosting,
            branch=order.branch,
            base=self._base,
            commit=self.commit or order.commit,
            patch=order.patch,
            tree=gated,
            title=order.title[:250],
            body=order.body[:60_000],
            expected_head=order.expected_head,
            at=order.at,
        )

    def _ending(self, key: str, order: PublishOrder, remediation: Remediation) -> ForgeOrder:
        said = CommentOrder(marker=remediation.id, body=ledger(self._record()))
        if remediation.ended is Ending.SUPERSEDED:
            return CloseJob(hosting=self._hosting, branch=order.branch, comment=said)
        head = self._head(key, remediation)
        verified = remediation.ended is Ending.VERIFIED
        state = StatusOrder(
            commit=head,
            state="success" if verified else "failure",
            description=f"{remediation.escalation or remediation.ended}"[:140],
        )
        return ReportJob(
            hosting=self._hosting,
            branch=order.branch,
            expected_head=head,
            title=order.title[:250],
            body=order.body[:60_000],
            ready=verified,
            status=state,
            comment=said,
        )

    def _head(self, key: str, remediation: Remediation) -> str:
        moved = self._publish.state(f"{key}-branch")
        if moved.phase == "Done" and moved.result is not None:
            return moved.result.head
        assert remediation.pull_request is not None
        return remediation.pull_request.head

    def _announced(self, result: ForgeResult) -> PullRequest:
        before = self._remediation().pull_request
        assert before is not None
        found = result.pull_request
        changes = {"url": found.url, "draft": found.draft, "number": found.number} if found else {}
        return before.model_copy(update={**changes, "head": result.head or before.head})

    def _published(self, found: dict[str, Any]) -> PullRequest:
        result = ForgeResult.model_validate(found)
        pull_request = result.pull_request
        if pull_request is None:
            return PullRequest(branch=self._record().branch, head=result.head)
        if pull_request.state != "Open":
            raise PullRequestClosed(f"people have {pull_request.state.lower()} {pull_request.url}")
        return PullRequest(
            branch=pull_request.branch,
            head=result.head,
            url=pull_request.url,
            draft=pull_request.draft,
            number=pull_request.number,
        )

    def _remediation(self) -> Remediation:
        remediation = self._record().remediation
        assert remediation is not None
        return remediation


def ledger_step(desk: Desk, hosting: Hosting, secret: str | None) -> JobStep[Record, ForgeResult]:
    """The issue that calls people where there is no pull request to do it in."""

    def work(key: str, record: Record) -> Any:
        assert record.remediation is not None
        issue = IssueOrder(marker=record.remediation.id, title=ledger_title(record), body=ledger(record))
        order = ReportJob(hosting=hosting, branch=record.branch, issue=issue)
        return forge_work(desk.ground, secret, "report", key, order)

    return JobStep(desk, work, ForgeResult.model_validate)


def poll_step(desk: Desk, secret: str | None) -> JobStep[PollJob, ForgeResult]:
    """One look at what people did."""
    return JobStep(
        desk, lambda key, order: forge_work(desk.ground, secret, "poll", key, order), ForgeResult.model_validate
    )


def _name(order: ForgeOrder) -> str:
    return "close" if isinstance(order, CloseJob) else "report"


def _shows_another(remediation: Remediation) -> bool:
    """Whether the branch holds another attempt than the one that people are to be shown."""
    shown = remediation.shown()
    published = [attempt for attempt in remediation.attempts if attempt.published]
    return bool(shown and published and shown.number != published[-1].number)
