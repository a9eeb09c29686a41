"""The pull request's title and text, from the record of a run."""

from collections.abc import Callable

from setpoint.api.reasons import Ending
from setpoint.control.record import Record, Remediation
from setpoint.report.pull_request import Story, body, title


def describer(
    file: str = "", *, cluster: bool = False, earlier: tuple[str, ...] = ()
) -> Callable[[Record], tuple[str, str]]:
    """`file`, `cluster` and `earlier` as in Story; what the record tells is the same on a laptop and in a cluster."""

    def describe(record: Record) -> tuple[str, str]:
        remediation = record.remediation
        assert remediation is not None and record.verdict is not None
        shown = remediation.shown()
        assert shown is not None and shown.proposal is not None
        story = Story(
            name=record.name,
            commit=record.commit,
            branch=record.branch,
            before=record.verdict,
            proposal=shown.proposal,
            verification=shown.verification,
            words=remediation.evidence.words if remediation.evidence else (),
            tried=tuple(tried for tried in remediation.tried() if tried.number != shown.number or remediation.ended),
            ended=_ended(remediation),
            file=file,
            cluster=cluster,
            earlier=earlier,
        )
        said = title(record.name, record.verdict, shown.proposal)
        return f"Not repaired yet: {said}" if story.ended else said, body(story)

    return describe


def _ended(remediation: Remediation) -> str:
    if remediation.ended in (None, Ending.VERIFIED):
        return ""
    return f"{remediation.escalation or remediation.ended}: {remediation.message}"
