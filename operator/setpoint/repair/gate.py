"""The gate: plain rules that every patch passes before anything is done with it (architecture section 4).

The rules come from the operator and from the spec at the base commit. Nothing in the patch can change them, and
whoever wrote it has no say here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from setpoint.api.remedy import LARGEST_PATCH, GateReport
from setpoint.repair.gate_lines import line_fault
from setpoint.repair.gate_metrics import metric_faults
from setpoint.repair.gate_patch import FileChange, PatchError, apply_change, parse_patch
from setpoint.repair.gate_paths import path_fault

MOST_VIOLATIONS = 50
ReadBase = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class GateRules:
    """What a patch may touch. All paths are relative to the repository's top, as those in the patch are.

    `paths` are files and folders of source (none: nothing may be touched); `protected` are the files that the run
    itself rests on, wherever they lie: the constraints file and the load script.
    """

    paths: tuple[str, ...]
    protected: tuple[str, ...] = ()
    max_files: int = 20
    max_lines: int = 1000


def check(patch: str, rules: GateRules, read_base: ReadBase) -> GateReport:
    """Judge `patch`, which is against the commit whose files `read_base` gives by path (None: no such file).

    Pure but for `read_base`. Never raises for a bad patch: everything that is wrong is a violation, a sentence each.
    """
    size = len(patch.encode("utf-8", "surrogatepass"))
    if size > LARGEST_PATCH:
        return _refused(f"The patch has {size} bytes; at most {LARGEST_PATCH} are allowed.")
    if not patch.strip():
        return _refused("The patch is empty.")
    try:
        changes = parse_patch(patch)
    except PatchError as error:
        return _refused(f"The patch is not understood in full: {error}.")
    additions, deletions = (sum(counts) for counts in zip(*(change.count() for change in changes), strict=True))
    violations = [*_whole(changes, additions + deletions, rules)]
    for change in changes:
        violations += [f"{change.path} {fault}." for fault in _file(change, rules, read_base)]
    return GateReport(
        passed=not violations,
        violations=_short(violations),
        files=len(changes),
        additions=additions,
        deletions=deletions,
    )


def _refused(violation: str) -> GateReport:
    return GateReport(passed=False, violations=(violation,))


def _short(violations: list[str]) -> tuple[str, ...]:
    more = len(violations) - MOST_VIOLATIONS
    return (*violations[:MOST_VIOLATIONS], *([f"There are {more} more violations."] if more > 0 else []))


def _whole(changes: tuple[FileChange, ...], lines: int, rules: GateRules) -> Iterator[str]:
    if len(changes) > rules.max_files:
        yield f"The patch changes {len(changes)} files; at most {rules.max_files} are allowed."
    if lines > rules.max_lines:
        yield f"The patch changes {lines} lines; at most {rules.max_lines} are allowed."
    folded = [change.path.casefold() for change in changes]
    for path in sorted({path for path in folded if folded.count(path) > 1}):
        yield f"The patch changes {path} more than once, or under names that differ only in case."


def _file(change: FileChange, rules: GateRules, read_base: ReadBase) -> Iterator[str]:
    """Faults of one file, as ends of sentences about it."""
    if fault := path_fault(change.path, allowed=rules.paths, protected=rules.protected):
        yield fault
        return
    try:
        before = _base_text(change, read_base)
        after = apply_change(change, before)
    except PatchError as error:
        yield f"cannot be changed so: {error}"
        return
    for line in change.added():
        if fault := line_fault(line, base=before):
            yield f"gets a line that {fault}"
    if "apiVersion" in after and change.path.lower().endswith((".yaml", ".yml", ".json")):
        yield "is a manifest, which a repair must not touch"
    yield from metric_faults(before, after)


def _base_text(change: FileChange, read_base: ReadBase) -> str:
    """The file's text at the base commit; empty for a file that the patch adds. Raises PatchError."""
    data = read_base(change.path)
    if change.new:
        folded = change.path.casefold()
        if data is not None or (folded != change.path and read_base(folded) is not None):
            raise PatchError("the patch adds it, but it is there already")
        return ""
    if data is None:
        raise PatchError("there is no such file at the base commit")
    if b"\0" in data:
        raise PatchError("it is a binary file")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise PatchError("it is not UTF-8 text") from None
