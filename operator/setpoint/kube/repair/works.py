"""What each step of a repair runs in: an order becomes a pod and the files that it reads. Pure."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from setpoint.api.forge import ForgeOrder, Hosting
from setpoint.api.ports import DiagnoseOrder, PatchOrder, ProposeOrder
from setpoint.api.ports import Ended as Exit
from setpoint.api.remedy import TestReport, Tried
from setpoint.api.resource import ResourceSpec
from setpoint.api.spec import Load, Repair, SourceSpec, TestSpec
from setpoint.api.steps import PATCH_FILE, CopyOf, DiagnoseStep, GateStep, MostLoad, ProposeStep, VerifyStep
from setpoint.kube.load_job import SCRIPT
from setpoint.kube.names import AGENT, FORGE, GATE, PROFILE, TEST, VERIFY
from setpoint.kube.repair.allowed import prices_of
from setpoint.kube.repair.copies import Plant, profiled
from setpoint.kube.repair.desk import dumped
from setpoint.kube.repair.forges import trusted
from setpoint.kube.repair.granting import with_model
from setpoint.kube.repair.pods import (
    ENDING,
    MAIN,
    MOST_PROCESSES,
    ORDER_FILE,
    ORDER_FOLDER,
    ORDER_MOUNT,
    TOKEN_MOUNT,
    Ground,
    Object,
    Work,
    container,
    order_volume,
    ours,
    pod,
    scratch,
    step,
    token_volume,
    tree,
)
from setpoint.kube.repair.standing import Ended

TREE, TOOLBOX, PROBE = "/setpoint/tree", "/setpoint/toolbox", "/setpoint/probe"
API_SERVER = "kubernetes.default.svc"
PROFILE_SECONDS, FORGE_SECONDS, GATE_SECONDS, VERIFY_OVERTIME_SECONDS = 300.0, 300.0, 120.0, 240.0
# Of earlier attempts a proposer reads the end at most: an order must fit into a ConfigMap.
LONGEST_TRIED = 20_000


@dataclass(frozen=True, slots=True)
class Scene:
    """What the steps of one remediation are about. `source` is the URL of its tree, `commit` the whole id."""

    ground: Ground
    spec: ResourceSpec
    plant: Plant
    hosting: Hosting
    source: str
    commit: str

    @property
    def load(self) -> Load:
        """The load as our pods read it: a script lies beside the order."""
        load = self.spec.load
        assert load is not None
        script = SCRIPT if load.script else None
        return Load(http=load.http, script=script, warmup=load.warmup, duration=load.duration)

    @property
    def test_image(self) -> str:
        """Where the project's tests, and what a proposer wants to try, are run."""
        test = self.spec.repair.test
        return (test.image if test else None) or self.plant.image

    def propose(self, key: str, order: ProposeOrder) -> Work:
        """The agent, which runs nothing of the project's, and the toolbox, which knows nothing."""
        configuration = self.ground.configuration
        told = ProposeStep(
            source=self.source,
            commit=self.commit,
            base_patch=order.base_patch,
            verdict=order.verdict,
            evidence=order.evidence,
            tried=tuple(_shortened(tried) for tried in order.tried),
            repair=self._repair(),
            toolbox=TOOLBOX,
            forbidden=None if configuration.allow_unenforced_network else forbidden_address(),
        )
        mounts = ({"name": "toolbox", "mountPath": TOOLBOX},)
        script = ours(self.ground, "script", ("step", "toolbox-script", "--into", TOOLBOX), mounts)
        box = {
            **_writable(container(self.ground, "toolbox", self.test_image, mounts, "toolbox-tmp")),
            "restartPolicy": "Always",
            "command": ["sh", "-c", f"{_bounded()} exec sh {TOOLBOX}/toolbox.sh {TOOLBOX}"],
        }
        agent = step(self.ground, "propose", mounts)
        body = pod(
            self.ground, [agent], [order_volume(key), scratch("toolbox", "2Gi"), scratch("toolbox-tmp")], [script, box]
        )
        if self.spec.repair.proposer == "anthropic":
            body = with_model(body, agent, configuration, key)
        return Work(AGENT, body, self.spec.repair.budget.duration, {ORDER_FILE: dumped(told)})

    def gate(self, key: str, order: PatchOrder) -> Work:
        """Plain rules on the tree and the patch."""
        paths = self.spec.repair.source.paths if self.spec.repair.source else ()
        told = GateStep(source=self.source, patch=order.patch, paths=paths)
        body = pod(self.ground, [step(self.ground, "gate")], [order_volume(key)])
        return Work(GATE, body, GATE_SECONDS, {ORDER_FILE: dumped(told)})

    def test(self, key: str, order: PatchOrder) -> Work:
        """The project's own tests, in its own image."""
        spec = self.test_spec
        command = ["sh", "-c", f'{_bounded()} cd {TREE} && exec "$@"', "sh", *spec.command]
        mounts = ({"name": "tree", "mountPath": TREE},)
        box = {
            **_writable(container(self.ground, MAIN, self.test_image, mounts)),
            "command": command,
            "env": [{"name": "HOME", "value": "/tmp"}],  # noqa: S108
        }
        init = [tree(self.ground, self.source, TREE, patched=True)]
        body = pod(self.ground, [box], [order_volume(key), scratch("tree", "2Gi")], init)
        return Work(TEST, body, spec.timeout, {PATCH_FILE: order.patch})

    @property
    def test_spec(self) -> TestSpec:
        """The command and its time."""
        test = self.spec.repair.test
        assert test is not None, "the spec wants tests for every mode that gets here"
        return TestSpec(command=test.command, timeout=test.timeout)

    def tested(self, ended: Ended) -> dict[str, Any] | None:
        """What the tests' exit means; None where they did not get so far."""
        from setpoint.repair.testing import report_of

        late = ended.error == "DeadlineExceeded"
        if ended.code is None and not late:
            return None
        report: TestReport = report_of(Exit(ended.code, ended.seconds, ended.log[-8192:]), self.test_spec)
        return report.to_json()

    def diagnose(self, key: str, order: DiagnoseOrder) -> Work:
        """A profiling copy of the target, and beside it who leads the probe and sends the load."""
        spec = self.spec
        mounted = spec.verify.source.mount_path if spec.verify.source else None
        told = DiagnoseStep(
            source=self.source,
            commit=self.commit,
            url=f"http://127.0.0.1:{self.plant.port}",
            metrics=self.plant.metrics_path,
            load=self.load,
            most=self._most,
            verdict=order.verdict,
            probe=PROBE,
            mounted=mounted,
        )
        mounts = ({"name": "probe", "mountPath": PROBE},)
        probe = ours(self.ground, "probe", ("step", "probe", "--into", PROBE), mounts)
        environment = {"PYTHONPATH": f"{PROBE}/inject", "SETPOINT_PROBE": PROBE}
        if mounted:
            environment["SETPOINT_PROBE_TREE"] = mounted
        body = profiled(self.plant, self.ground, [probe], step(self.ground, "diagnose", mounts), environment, mounts[0])
        script = spec.load.script if spec.load else None
        body["volumes"] += [order_volume(key, script), scratch("probe"), scratch("tmp")]
        return Work(PROFILE, body, PROFILE_SECONDS, {ORDER_FILE: dumped(told)})

    def verify(self, key: str, copies: Mapping[str, CopyOf], load: Load) -> Work:
        """The same load on all copies at the same time."""
        told = VerifyStep(
            copies=dict(copies),
            commit=self.commit,
            load=load,
            most=self._most,
            constraints=self.spec.constraints,
            telemetry=self.spec.telemetry,
            seed=key,
        )
        script = self.spec.load.script if self.spec.load else None
        box = {**step(self.ground, "verify"), "resources": self.ground.configuration.runner.resources}
        body = pod(self.ground, [box], [order_volume(key, script)])
        seconds = load.warmup + load.duration + VERIFY_OVERTIME_SECONDS
        return Work(VERIFY, body, seconds, {ORDER_FILE: dumped(told)})

    @property
    def _most(self) -> MostLoad:
        ceilings = self.ground.configuration.ceilings
        return MostLoad(rate=ceilings.rate, seconds=ceilings.duration)

    def _repair(self) -> Repair:
        repair = self.spec.repair
        assert repair.source is not None
        return Repair(
            mode=repair.mode,
            source=SourceSpec(paths=repair.source.paths),
            test=self.test_spec,
            proposer=repair.proposer,
            command=repair.command,
            model=repair.model,
            prices=prices_of(self.spec, self.ground.configuration) or repair.prices,
            budget=repair.budget,
            max_iterations=repair.max_iterations,
            escalate_after=repair.escalate_after,
        )


def forbidden_address() -> str:
    """The API server as pods reach it, which no policy of ours lets an agent through to."""
    return f"{os.environ.get('KUBERNETES_SERVICE_HOST', API_SERVER)}:{os.environ.get('KUBERNETES_SERVICE_PORT', '443')}"


def forge_work(ground: Ground, secret: str | None, name: str, key: str, order: ForgeOrder) -> Work:
    """A short Job with the push token, which runs no project code."""
    arguments = ("forge", name, "--order", f"{ORDER_FOLDER}/{ORDER_FILE}", "--ending", ENDING)
    box = ours(ground, MAIN, arguments, (ORDER_MOUNT, TOKEN_MOUNT))
    body = pod(ground, [box], [order_volume(key), token_volume(secret)])
    files = {ORDER_FILE: dumped(order), **trusted(order.hosting, ground.configuration)}
    return Work(FORGE, body, FORGE_SECONDS, files)


def _bounded() -> str:
    return f"ulimit -u {MOST_PROCESSES} 2>/dev/null;"


def _writable(box: Object) -> Object:
    """Tests write where they please in their image; it goes with the container."""
    return {**box, "securityContext": {**box["securityContext"], "readOnlyRootFilesystem": False}}


def _shortened(tried: Tried) -> Tried:
    return tried.model_copy(update={"patch": tried.patch[:LONGEST_TRIED]})
