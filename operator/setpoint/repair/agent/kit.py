"""The toolbox of one attempt: which tools there are, and what each does on the bench."""

from dataclasses import dataclass

from setpoint.api.errors import InputError
from setpoint.api.ports import PatchOrder
from setpoint.repair.agent.tools import Finish, Folder, Lines, Nothing, Replacement, Search, Tool, Toolbox
from setpoint.repair.agent.workspace import ToolError, Workspace
from setpoint.repair.quoting import clean
from setpoint.repair.testing import run_tests
from setpoint.repair.workshop import Bench, Workshop


@dataclass(slots=True)
class Kit:
    """What the tools work on. `finished` is the model's last word, once it has been taken."""

    bench: Bench
    workshop: Workshop
    finished: Finish | None = None

    def toolbox(self) -> Toolbox:
        """All tools; `measure` only where there is something to measure with."""
        files = Workspace(self.bench.top, self.bench.ground(self.workshop).paths)
        tools = [
            Tool("list", "The files below a folder.", Folder, lambda it: files.names(it.path)),
            Tool("read", "Numbered lines of a file.", Lines, lambda it: files.read(it.path, it.first, it.count)),
            Tool("grep", "Every line that holds a text.", Search, lambda it: files.find(it.text, it.path)),
            Tool("edit", "Replace one text in a file.", Replacement, lambda it: files.edit(it.path, it.old, it.new)),
            Tool("run_tests", "Run the project's own tests on your change.", Nothing, lambda _: self._test()),
        ]
        if self.workshop.measure:
            said = "Run the unchanged and your changed service side by side under a short load. Takes half a minute."
            tools.append(Tool("measure", said, Nothing, lambda _: self._measure()))
        done = "Hand your change in, or say why there is none. Call it once, when the tests pass."
        return Toolbox((*tools, Tool("finish", done, Finish, self._finish)))

    def _test(self) -> str:
        test = self.workshop.repair.test
        if test is None:
            raise InputError("repair.test is missing", instead="add repair.test.command")
        order = PatchOrder(self.bench.order.commit, self._whole_patch())
        report = run_tests(
            order,
            source=self.bench.source,
            spec=test,
            folder=self.bench.scratch / "tests",
            commands=self.workshop.commands,
        )
        head = "the tests pass" if report.passed else "the tests do not pass"
        return f"{head} ({report.seconds:.1f} s)\n{clean(report.output, 10_000)}"

    def _measure(self) -> str:
        assert self.workshop.measure is not None
        patch = self._gated()
        if not patch:
            raise ToolError("there is no change to measure")
        return self.workshop.measure(patch)

    def _finish(self, last_word: Finish) -> str:
        patch = self._gated()
        same = next((tried for tried in self.bench.order.tried if patch and tried.patch == patch), None)
        if same:
            raise ToolError(f"this is the same change as attempt {same.number}, which failed: {clean(same.why_not)}")
        self.finished = last_word
        return "taken"

    def _gated(self) -> str:
        """The change; what the gate would refuse is told now, while it can still be mended."""
        patch = self.bench.patch()
        report = self.workshop.gate(patch) if patch else None
        if report and not report.passed:
            raise ToolError("the gate refuses this change: " + " ".join(report.violations[:10]))
        return patch

    def _whole_patch(self) -> str:
        """Also when nothing was changed yet: what the attempt builds on."""
        return self.bench.patch() or self.bench.order.base_patch
