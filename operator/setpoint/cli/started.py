"""The file's target as a running copy, outside of a whole loop: for `load` and `capture`."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from setpoint.api.errors import InputError
from setpoint.api.ports import Copy
from setpoint.api.spec import LocalSpec, LocalTarget
from setpoint.forge.source import GitSource
from setpoint.plant.process import ProcessPlant


def need_target(file: Path, spec: LocalSpec) -> LocalTarget:
    """The target, or one clear error."""
    if spec.target is None:
        raise InputError(
            "there is no target", where=str(file), instead="add target.command, for example [python, app.py]"
        )
    return spec.target


@contextmanager
def started_target(file: Path, spec: LocalSpec, owner: str) -> Iterator[tuple[Copy, str]]:
    """A copy in a fresh checkout, and the id of its commit; ended and removed when the context is left."""
    target = need_target(file, spec)
    source = GitSource(file.parent / spec.repair.source.repository)
    folder = Path(tempfile.mkdtemp(prefix="setpoint-"))
    try:
        commit = source.resolve(spec.repair.source.branch)
        tree = source.checkout(commit, "", folder / "tree")
        with ProcessPlant(target, logs=folder / "logs", owner=owner).start(spec.name or "target", tree) as copy:
            yield copy, commit
    finally:
        shutil.rmtree(folder, ignore_errors=True)
