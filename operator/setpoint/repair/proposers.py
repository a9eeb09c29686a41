"""The proposers: each is given an order and a workshop, and hands back a proposal whose patch git has written."""

from collections.abc import Mapping
from typing import Protocol

from setpoint.api.ports import ProposeOrder
from setpoint.api.remedy import Proposal
from setpoint.api.spec import Repair
from setpoint.repair.agent.proposer import anthropic_proposer, check_model
from setpoint.repair.command import command_proposer, passed_on
from setpoint.repair.playbook import Edit, propose
from setpoint.repair.workshop import Workshop, bench


class Proposer(Protocol):
    """What answers an order with a patch."""

    def __call__(self, order: ProposeOrder, workshop: Workshop, /) -> Proposal:
        """Works in scratch folders of the workshop; an empty patch when there is nothing to propose."""


def playbook_proposer(order: ProposeOrder, workshop: Workshop) -> Proposal:
    """The playbook's likeliest repair as a patch against `order.commit`; an empty patch when nothing fits."""
    with bench(order, workshop) as desk:
        edit = propose(desk.folder, workshop.paths, order.verdict, order.evidence, order.tried)
        if edit is None:
            return Proposal(proposer="playbook", explanation=_nothing(order))
        for path, text in edit.files.items():
            (desk.folder / path).write_bytes(text.encode())
        return _proposal(edit, workshop.source.diff(order.commit, desk.folder))


def _proposal(edit: Edit, patch: str) -> Proposal:
    return Proposal(
        patch=patch,
        title=edit.title,
        cause=edit.cause,
        explanation=edit.explanation,
        pattern=edit.pattern,
        proposer="playbook",
    )


def _nothing(order: ProposeOrder) -> str:
    rows = ", ".join(row.constraint for row in order.verdict.breached()) or "no row"
    again = f", beyond the {len(order.tried)} that were tried" if order.tried else ""
    return f"The playbook knows no repair for {rows} where the evidence points{again}."


PROPOSERS: dict[str, Proposer] = {
    "playbook": playbook_proposer,
    "anthropic": anthropic_proposer,
    "command": command_proposer,
}


def check_proposer(repair: Repair, environment: Mapping[str, str]) -> None:
    """What the proposer would trip over when its turn comes is said before anything is measured.

    Raises InputError or ModelFailed.
    """
    if repair.mode not in ("Propose", "Verify"):
        return
    if repair.proposer == "anthropic":
        check_model(repair, environment)
    if repair.proposer == "command":
        passed_on(repair, environment)
