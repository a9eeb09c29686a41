"""The playbook: all patterns, tried in the order of likelihood."""

from collections.abc import Iterator
from pathlib import Path

from setpoint.api.remedy import Evidence, Tried
from setpoint.api.verdict import Verdict
from setpoint.repair.playbook.edits import Candidate, Edit, Pattern
from setpoint.repair.playbook.patterns import PATTERNS
from setpoint.repair.playbook.project import Project, read_project
from setpoint.repair.playbook.rewrite import MisfitError, rewrite
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.tried import was_tried

LEAST = 0.05  # a likelihood below this is a guess, and a guess is no proposal


def propose(
    tree: Path, paths: tuple[str, ...], verdict: Verdict, evidence: Evidence, tried: tuple[Tried, ...] = ()
) -> Edit | None:
    """The likeliest repair of the breached rows that was not tried yet, None when nothing fits.

    `paths`: files and folders, relative to `tree`, that may be changed. Reads files, writes none.
    """
    rows = tuple(row.constraint.partition(".")[0] for row in verdict.breached())
    project = read_project(tree, paths)
    for pattern, candidate in _ranked(Scene(project, evidence), rows):
        edit = _edit(project, pattern, candidate)
        if edit and not was_tried(edit, _texts(project, edit), tried):
            return edit
    return None


def _ranked(scene: Scene, rows: tuple[str, ...]) -> list[tuple[Pattern, Candidate]]:
    found = [(prior * one.likelihood, pattern, one) for pattern, prior in _fitting(rows) for one in pattern.find(scene)]
    likely = [entry for entry in found if entry[0] >= LEAST]
    likely.sort(key=lambda entry: (-entry[0], entry[2].path, entry[2].line))
    return [(pattern, candidate) for _, pattern, candidate in likely]


def _fitting(rows: tuple[str, ...]) -> Iterator[tuple[Pattern, float]]:
    """The patterns that may lie behind one of the rows, each with its prior."""
    for pattern in PATTERNS:
        prior = max((pattern.prior.get(row, 0.0) for row in rows), default=0.0)
        if prior:
            yield pattern, prior


def _edit(project: Project, pattern: Pattern, candidate: Candidate) -> Edit | None:
    """The candidate as new text; None when it does not fit the files after all, or may not touch them."""
    texts: dict[str, str] = {}
    for path in dict.fromkeys(change.path for change in candidate.changes):
        file = project.file(path)
        if file is None or not file.changeable:
            return None
        try:
            texts[path] = rewrite(file, [change for change in candidate.changes if change.path == path])
        except MisfitError:
            return None
    why = f"{candidate.explanation} When it applies: {pattern.applies} What it might break: {pattern.breaks}"
    return Edit(pattern.name, candidate.title, candidate.cause, why, texts)


def _texts(project: Project, edit: Edit) -> dict[str, str]:
    return {file.path: file.text for file in project.files if file.path in edit.files}
