"""The pods of a repair as they would answer, and a forge with one repository. Which answers, a test says.

`repairs.answers[role]` gives for an order the result, an error, or VANISH; the default is a good repair.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from apiserver.scripted import loads
from apiserver.scripted.node import Stage, serves
from setpoint.api.base import Model
from setpoint.api.errors import SetpointError
from setpoint.api.metrics import Metrics, Signals, Target
from setpoint.api.remedy import Evidence, GateReport, Proposal
from setpoint.api.step_result import digest_of, render_result
from setpoint.api.steps import SourceFound, StepEnding, VerifySeen
from setpoint.kube.cluster import path_of
from setpoint.verify.assemble import assemble

COMMIT, TREE = "a" * 40, "b" * 40
VANISH = "vanish"
PATCH = "diff --git a/app.py b/app.py\n--- a/app.py\n+++ b/app.py\n@@ -1 +1 @@\n-leak()\n+repaired()\n"
Answer = Callable[[dict[str, Any], str], "Model | SetpointError | str | None"]


@dataclass
class Forge:
    """One repository: our branch, and its pull request. `orders` is everything that was asked, by its name."""

    head: str = ""
    state: str = "Open"
    draft: bool = True
    opened: bool = False
    commands: list[dict[str, Any]] = field(default_factory=list)
    orders: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    issues: dict[str, str] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    body: str = ""

    def answer(self, name: str, order: dict[str, Any]) -> "Model | SetpointError":
        """Carry an order out."""
        from setpoint.api.errors import ForeignCommit
        from setpoint.api.forge import ForgeResult

        self.orders.append((name, order))
        if name == "publish":
            if self.opened and self.state != "Open":
                return ForgeResult(pull_request=self.pull(order), head=self.head)
            if self.head not in ("", order.get("expectedHead", ""), _commit(order)):
                return ForeignCommit(f"branch {order['branch']} is not where we left it")
            self.head, self.opened, self.body = _commit(order), True, order["body"]
        if name == "report":
            self._report(order)
        if name == "close":
            self.state = "Closed"
        found = self.pull(order) if self.opened else None
        asked = tuple(self.commands) if name == "poll" else ()
        return ForgeResult.model_validate(
            {"pullRequest": found.to_json() if found else None, "head": self.head, "tree": TREE, "commands": asked}
        )

    def _report(self, order: dict[str, Any]) -> None:
        self.body = order.get("body") or self.body
        if said := order.get("comment"):
            self.comments[said["marker"]] = said["body"]
        if said := order.get("status"):
            self.statuses[said["commit"]] = said["state"]
        if said := order.get("issue"):
            self.issues[said["marker"]] = said["body"]
        if order.get("ready") and self.head == order["expectedHead"]:
            self.draft = False

    def pull(self, order: dict[str, Any]) -> Any:
        """The pull request as it stands."""
        from setpoint.api.forge import HostedPullRequest

        return HostedPullRequest(
            number=1,
            url="https://git.example.com/shop/checkout/pulls/1",
            branch=order["branch"],
            head=self.head,
            state=self.state,
            draft=self.draft,
        )

    def names(self) -> list[str]:
        """What was asked, without the polls."""
        return [name for name, _ in self.orders if name != "poll"]


def _commit(order: dict[str, Any]) -> str:
    """The same order gives the same commit."""
    from setpoint.control.ids import digest

    return digest(order["patch"], length=40)


class Repairs:
    """Plays every pod that is not a load."""

    def __init__(self, cluster: Any) -> None:
        self._cluster = cluster
        self.forge = Forge()
        self.seen: list[str] = []  # roles of the pods that ran, in order
        self.seconds = 0.2
        self._lock = threading.Lock()
        self.orders: dict[str, dict[str, Any]] = {}  # by the pods' keys
        self.answers: dict[str, Answer] = {
            "source": lambda order, _: SourceFound(commit=COMMIT, branch_head=COMMIT),
            "profile": lambda *_: Evidence(words=("app.py line 1 leaks",)),
            "agent": lambda *_: proposal(),
            "gate": lambda *_: GateReport(passed=True, files=1, additions=1, deletions=1, tree=TREE),
            "test": lambda *_: None,
            "verify": lambda order, _: verified(order),
        }
        self.copies: Callable[[Stage], None] = lambda stage: _stays(stage, "10.0.0.9")

    def play(self, stage: Stage) -> None:
        """One pod's life."""
        role = (stage.pod["metadata"].get("labels") or {}).get("setpoint.dev/role", "")
        if role:
            self.seen.append(role)
        if role == "copy":
            self.copies(stage)
        elif role in (*self.answers, "forge"):
            self._step(stage, role)
        else:
            serves(stage)

    def _step(self, stage: Stage, role: str) -> None:
        key = stage.pod["metadata"]["annotations"]["setpoint.dev/key"]
        order = self._order(stage, key)
        self.orders[key] = order
        if role == "source":
            self._serve(stage, self.answers[role](order, key))
            return
        stage.run()
        stage.wait(self.seconds)
        if role == "forge":
            with self._lock:
                said: Any = self.forge.answer(stage.pod["spec"]["containers"][0]["args"][1], order)
        else:
            said = self.answers[role](order, key)
        _end(stage, said)

    def _serve(self, stage: Stage, said: Any) -> None:
        """The source says what it found before it is ready."""
        if isinstance(said, Model):
            stage.log(f"{render_result(said)}\n")
        stage.run()
        stage.wait(600 if isinstance(said, Model) else self.seconds)
        _end(stage, said)

    def _order(self, stage: Stage, key: str) -> dict[str, Any]:
        found = self._cluster.get(path_of("v1", "configmaps", stage.namespace, f"setpoint-{key}-order"))
        text = found["data"].get("order.json")
        return json.loads(text) if text else dict(found["data"])


def _end(stage: Stage, said: Any) -> None:
    if said == VANISH:
        stage.evict()
    elif said is None:
        stage.log("Ran 3 tests in 0.1s\n\nOK\n")
        stage.end(0)
    elif isinstance(said, str):
        stage.log(said)
        stage.end(1)
    elif isinstance(said, SetpointError):
        ending = StepEnding(
            error=type(said).__name__, message=str(said), retry_after=getattr(said, "retry_after", None)
        )
        stage.end(4, ending.model_dump_json(by_alias=True, exclude_none=True))
    else:
        line = render_result(said)
        stage.log(f"some talk before\n{line}\nand after\n")
        stage.end(0, StepEnding(digest=digest_of(line)).model_dump_json(by_alias=True))


def _stays(stage: Stage, address: str) -> None:
    stage.patch({"podIP": address, "podIPs": [{"ip": address}]})
    serves(stage)


def never_ready(stage: Stage) -> None:
    """A copy that is ended and started again."""
    how = {"exitCode": 1, "message": "ImportError: no module named x", "finishedAt": "2026-01-01T00:00:00Z"}
    container = {
        "name": stage.container, "image": "x", "imageID": stage.image_id,
        "restartCount": 3, "ready": False, "started": False,
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": ""}}, "lastState": {"terminated": how},
    }  # fmt: skip
    stage.patch({"phase": "Running", "containerStatuses": [container]})
    stage.wait(600)


def proposal(patch: str = PATCH, title: str = "Drop what was sent") -> Proposal:
    """What an agent would say."""
    return Proposal(patch=patch, title=title, cause="app.py line 1 leaks", explanation="", proposer="playbook")


def metrics(failed: int) -> Metrics:
    """What a load of a minute would see of a copy."""
    return assemble(
        loads.frame(60, failed, lambda: loads.time.time() - 5), Signals(), None, Target(), (), own_view=False
    )


def verified(
    order: dict[str, Any],
    control: int = 600,
    candidate: int = 0,
    missing: tuple[str, ...] = (),
    twin: int | None = None,
) -> VerifySeen:
    """Requests that failed of 3,000, in the control, in its twin (as in the control) and in the candidate."""
    failed = {"control": control, "twin": control if twin is None else twin, "candidate": candidate}
    asked = {name: copy["url"] for name, copy in order["copies"].items()}
    return VerifySeen(copies={name: metrics(failed[name]) for name in asked}, missing=missing, asked=asked)
