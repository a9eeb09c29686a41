"""Where the evidence points: a weight from 0 (not at all) to 1 (this very thing) for places in the code."""

import ast
from collections import defaultdict
from functools import cached_property

from setpoint.api.remedy import Evidence, Holder, Site, Stack
from setpoint.repair.playbook.calls import Calls
from setpoint.repair.playbook.containers import Container
from setpoint.repair.playbook.project import File, Function, Project
from setpoint.repair.playbook.roles import Role

HELD = 1.0  # the container itself was seen to grow
NESTED = 0.8  # what it holds was seen to grow
ON_THE_LINE = 0.9
IN_THE_FUNCTION = 0.6
IN_THE_LOOP = 0.8  # a sample at the head of a loop, for what is in the loop
SOMEWHERE = 0.4  # a sample elsewhere in the function
PER_CALL = 0.6  # for each call between the place and where the evidence points
FAR = 4  # calls between a call and a site that it leads to
LEAST_TIME = 0.05  # of the samples: less is no reason to change code
OFTEN = 1.5  # statements for each request: more are one too many
LEAST_SHARE = 0.02  # of what grew: less is noise


class Sight:
    """Weighs places by the evidence."""

    def __init__(self, evidence: Evidence, project: Project, calls: Calls) -> None:
        self.evidence = evidence
        self.project = project
        self.calls = calls

    # ── time ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def time(self, file: File, node: ast.stmt | ast.expr, kind: str = "") -> float:
        """The share of samples that were taken in or under the lines of `node`; by the clock of `kind`, or either."""
        first, last = node.lineno, node.end_lineno or node.lineno
        shares: dict[str, float] = defaultdict(float)
        for stack, lines in self._stacks_in.get(file, ()):
            if any(first <= line <= last for line in lines):
                shares[stack.kind] += stack.share
        return min(1.0, shares[kind] if kind else max(shares.values(), default=0.0))

    @cached_property
    def _stacks_in(self) -> dict[File, list[tuple[Stack, list[int]]]]:
        """For each file the stacks that pass through it, with their lines there."""
        found: dict[File, list[tuple[Stack, list[int]]]] = defaultdict(list)
        for stack in self.evidence.stacks:
            for file in {self.project.file(frame.file) for frame in stack.frames} - {None}:
                assert file is not None
                found[file].append((stack, [f.line for f in stack.frames if self.project.file(f.file) is file]))
        return found

    def time_near(self, file: File, node: ast.stmt | ast.expr) -> float:
        """Like `time`, but for what the interpreter does in one go, `x in y` or `x += y`: it cannot be looked at there.

        The sample is then taken at the head of the loop, or wherever the function calls something next.
        """
        if file not in self._stacks_in:
            return 0.0
        function = file.function(node)
        loops = [outer for outer in file.above(node) if isinstance(outer, ast.For | ast.While | ast.AsyncFor)]
        inner = [loop for loop in loops if file.function(loop) is function]
        at_head = max((self._at(file, loop.lineno) for loop in inner), default=0.0)
        around = self.time(file, function) if function else 0.0
        return max(self.time(file, node), IN_THE_LOOP * at_head, SOMEWHERE * around)

    def _at(self, file: File, line: int) -> float:
        """The share of samples whose innermost frame was on a line."""
        shares: dict[str, float] = defaultdict(float)
        for stack, _ in self._stacks_in.get(file, ()):
            if stack.frames[-1].line == line and self.project.file(stack.frames[-1].file) is file:
                shares[stack.kind] += stack.share
        return min(1.0, max(shares.values(), default=0.0))

    def lies_in(self, site: Site, file: File, node: ast.stmt | ast.expr) -> bool:
        """Whether a site lies on any line of a node."""
        return self.project.file(site.file) is file and node.lineno <= site.line <= (node.end_lineno or node.lineno)

    def is_asked_often(self, file: File, node: ast.stmt | ast.expr) -> bool:
        """Whether the lines of `node` send the same statement several times for each request."""
        seen = (one for one in self.evidence.statements if one.per_request >= OFTEN)
        return any(self.lies_in(one.site, file, node) for one in seen)

    # ── memory ────────────────────────────────────────────────────────────────────────────────────────────────────

    def container(self, container: Container) -> float:
        """How strongly the evidence says that this container keeps the memory."""
        holder = self.holder(container)
        if holder:
            return (HELD if holder.nested == container.key.element else NESTED) * self._rank(holder)
        # Where growing containers are named, one that is not among them is only a guess.
        doubt = 0.3 if self.evidence.holders else 1.0
        return doubt * max((self.growth(use.file, use.statement) for use in container.of(Role.GROW)), default=0.0)

    def holder(self, container: Container) -> Holder | None:
        """The evidence's own entry for this container."""
        return next((holder for holder in self.evidence.holders if self._is_holder(holder, container)), None)

    def _is_holder(self, holder: Holder, container: Container) -> bool:
        owner, _, name = holder.owner.rpartition(".")
        key = container.key
        if name != key.name or (key.element and not holder.nested):
            return False
        last = owner.rpartition(".")[2]
        if key.scope == "module":
            return key.owner.removesuffix(".py").replace("/", ".").endswith(owner) or _covers_birth(holder, container)
        if key.scope == "class":
            symbols = self.calls.names.symbols
            return any(node.name == last and symbols.family(node) == key.owner for _, node in symbols.classes)
        return _covers_birth(holder, container) or last in key.owner.split(":")[1].split(".")

    def _rank(self, holder: Holder) -> float:
        """Holders come largest growth first: each place down counts for a little less."""
        return max(0.4, 1.0 - 0.1 * self.evidence.holders.index(holder))

    def growth(self, file: File, node: ast.stmt | ast.expr) -> float:
        """How near a place lies to the lines whose allocations outlived a collection."""
        return max((self._near(site, file, node) for site in self._growing), default=0.0)

    @cached_property
    def _growing(self) -> tuple[Site, ...]:
        total = sum(site.grown_bytes for site in self.evidence.growth) or 1
        seen = [site for site in self.evidence.growth if not site.grown_bytes or _share(site, total) >= LEAST_SHARE]
        return tuple(site.model_copy(update={"share": _share(site, total)}) for site in seen)

    def _near(self, site: Site, file: File, node: ast.stmt | ast.expr) -> float:
        weight = 0.5 + 0.5 * site.share
        if self.covers(site, file, node):
            return ON_THE_LINE * weight
        function = file.function(node)
        start = self.function_at(site)
        if function is None or start is None:
            return 0.0
        far = self._distances(start).get(function)
        return 0.0 if far is None else IN_THE_FUNCTION * PER_CALL**far * weight

    def covers(self, site: Site, file: File, node: ast.stmt | ast.expr) -> bool:
        """Whether a site lies on the lines of a node; of a compound statement only its header counts."""
        body = getattr(node, "body", None)
        last = body[0].lineno - 1 if isinstance(body, list) and body else node.end_lineno or node.lineno
        return self.project.file(site.file) is file and node.lineno <= site.line <= max(last, node.lineno)

    def leads_to(self, file: File, call: ast.Call, site: Site) -> bool:
        """Whether the site lies on the call itself, or in a function that it leads to."""
        if self.lies_in(site, file, call):
            return True
        target, reached = self.function_at(site), set(self.calls.meant(file, call.func))
        for _ in range(FAR):
            if target in reached:
                return True
            reached |= {other for function in reached for other in self.calls.called(function)}
        return False

    def growth_in(self, file: File, function: Function) -> float:
        """How near a function lies to the lines whose allocations outlived a collection."""
        return max(self.growth(file, statement) for statement in function.body)

    def function_at(self, site: Site) -> Function | None:
        """The function that a site lies in."""
        file = self.project.file(site.file)
        around = [f for f in (file.functions if file else ()) if f.lineno <= site.line <= (f.end_lineno or 0)]
        return max(around, key=lambda function: function.lineno, default=None)

    def _distances(self, start: Function) -> dict[Function, int]:
        if start not in self._known:
            self._known[start] = self.calls.distances([start])
        return self._known[start]

    @cached_property
    def _known(self) -> dict[Function, dict[Function, int]]:
        return {}


def _share(site: Site, total: int) -> float:
    return site.share or max(0.0, site.grown_bytes / total)


def _covers_birth(holder: Holder, container: Container) -> bool:
    if not container.birth or holder.line is None or not f"/{holder.file}".endswith(f"/{container.birth[0].path}"):
        return False
    return abs(holder.line - container.birth[1].lineno) <= 1
