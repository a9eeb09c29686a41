"""What every proposer is given besides its order, and the checkout that it works on."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from setpoint.api.ports import Commands, ProposeOrder, Source, Tell
from setpoint.api.remedy import LARGEST_PATCH, GateReport, Proposal
from setpoint.api.spec import Repair
from setpoint.repair.brief import Ground
from setpoint.repair.quoting import clean


@dataclass(frozen=True, slots=True)
class Workshop:
    """The tools and the room of a proposer.

    `paths`, relative to the spec's folder, may be changed. `folder` is for scratch work and thrown away; `attempts`
    is kept, with one folder for each attempt of this remediation. `gate` says what the gate would say of a patch;
    `measure` puts a short load on it and tells in words what came of it. `environment` is the caller's own.
    """

    source: Source
    paths: tuple[str, ...]
    folder: Path
    attempts: Path
    repair: Repair
    commands: Commands
    tell: Tell
    gate: Callable[[str], GateReport]
    measure: Callable[[str], str] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bench:
    """A checkout to be changed: `top` is the repository's, `folder` in it the spec's; `scratch` holds them."""

    order: ProposeOrder
    source: Source
    scratch: Path
    top: Path
    folder: Path

    def ground(self, workshop: Workshop) -> Ground:
        """Where the work is done, in paths from the top."""
        inside = self.folder.relative_to(self.top)
        paths = tuple((inside / path).as_posix() for path in workshop.paths)
        test = workshop.repair.test
        return Ground(inside.as_posix(), paths, test.command if test else ())

    def patch(self) -> str:
        """All that was changed, against the deployed commit; empty when nothing was, beyond what is tried already."""
        patch = self.source.diff(self.order.commit, self.folder)
        return "" if patch == self.order.base_patch else patch

    def proposal(self, proposer: str, title: str, cause: str, explanation: str) -> Proposal:
        """What was changed, as a proposal; what is said of it is cleaned, since strangers may have had a hand in it."""
        patch = self.patch()
        if len(patch.encode()) > LARGEST_PATCH:
            return Proposal(proposer=proposer, explanation=f"the patch has more than {LARGEST_PATCH // 1024} KiB")
        return Proposal(
            patch=patch,
            title=" ".join(clean(title, 120).split()),
            cause=clean(cause, 2000),
            explanation=clean(explanation, 4000),
            proposer=proposer,
        )


@contextmanager
def bench(order: ProposeOrder, workshop: Workshop) -> Iterator[Bench]:
    """A fresh checkout of what `order` builds on, gone when the context is left."""
    workshop.folder.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="bench-", dir=workshop.folder)).resolve()
    shutil.copymode(workshop.folder, scratch)  # as open as what is around it: commands may run as somebody else
    try:
        folder = workshop.source.checkout(order.commit, order.base_patch, scratch / "tree")
        yield Bench(order, workshop.source, scratch, scratch / "tree", folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
