"""The proposers: each is given an order and a source, and hands back a proposal whose patch git has written."""

import shutil
import tempfile
from pathlib import Path
from typing import Protocol

from setpoint.api.ports import ProposeOrder, Source
from setpoint.api.remedy import Proposal
from setpoint.repair.playbook import Edit, propose


class Proposer(Protocol):
    """What answers an order with a patch; `paths`, relative to the spec's folder, may be changed."""

    def __call__(self, order: ProposeOrder, *, source: Source, paths: tuple[str, ...], folder: Path) -> Proposal:
        """Works in scratch folders under `folder`; an empty patch when there is nothing to propose."""


def playbook_proposer(order: ProposeOrder, *, source: Source, paths: tuple[str, ...], folder: Path) -> Proposal:
    """The playbook's likeliest repair as a patch against `order.commit`; an empty patch when nothing fits."""
    folder.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="playbook-", dir=folder))
    try:
        tree = source.checkout(order.commit, order.base_patch, scratch / "tree")
        edit = propose(tree, paths, order.verdict, order.evidence, order.tried)
        if edit is None:
            return Proposal(proposer="playbook", explanation=_nothing(order))
        for path, text in edit.files.items():
            (tree / path).write_bytes(text.encode())
        return _proposal(edit, source.diff(order.commit, tree))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


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


PROPOSERS: dict[str, Proposer] = {"playbook": playbook_proposer}
