"""The demo in a cluster: a leak is found, its repaired twin passes, and without telemetry nothing is claimed.

Ends with 1 when any of the three answers is another one.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import yaml

from testbed.install import NAMESPACE as OPERATOR
from testbed.install import install
from testbed.kubectl import Kubectl
from testbed.places import TOP, TestbedError
from testbed.providers import chosen

MANIFESTS = TOP / "manifests" / "demo" / "cluster"
NAMESPACE, NAME, KIND = "setpoint-demo", "processor", "performanceconstraints"
LONGEST_RUN_SECONDS = 180.0


@dataclass
class Watched:
    """Everything that a constraint's status was while it was looked at."""

    compliant: list[str] = field(default_factory=list)
    status: dict[str, Any] = field(default_factory=dict)

    def see(self, status: dict[str, Any]) -> None:
        """Take one look."""
        self.status = status
        value = self.condition("Compliant").get("status", "Unknown")
        if not self.compliant or self.compliant[-1] != value:
            self.compliant.append(value)

    def condition(self, kind: str) -> dict[str, str]:
        """The condition of that type, as it was last."""
        return next((one for one in self.status.get("conditions", []) if one["type"] == kind), {})

    def ended(self, image: str, begun: float) -> bool:
        """Whether a run of `image` that began at `begun` (Unix seconds) or later has ended."""
        run = self.status.get("lastRun") or {}
        started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begun))
        return bool(run.get("finishedAt")) and run.get("images") == [image] and run["startedAt"] >= started


class Demo:
    """The three answers, one after the other."""

    def __init__(self) -> None:
        self.provider = chosen()
        self.began = time.monotonic()
        self.wrong: list[str] = []

    def run(self) -> int:
        """The whole demo; its exit code."""
        self.say("bring up the cluster, build the images, install the chart")
        self.provider.up()
        self.provider.images()
        self.kubectl = Kubectl(self.provider.kubeconfig())
        install(self.kubectl.kubeconfig)
        self.kubectl("rollout", "restart", "deployment/setpoint", "--namespace", OPERATOR)
        self.kubectl("rollout", "status", "deployment/setpoint", "--namespace", OPERATOR, "--timeout=90s")
        self.kubectl.attempt("delete", "namespace", NAMESPACE, "--wait=true")
        try:
            self.leaky()
            self.healthy()
            self.blind()
        finally:
            self.prometheus(1)
        self.say("how it stands now")
        print(self.kubectl("get", KIND, "--namespace", NAMESPACE, "--output", "wide"))
        for what in self.wrong:
            print(f"WRONG: {what}", file=sys.stderr)
        return 1 if self.wrong else 0

    def leaky(self) -> None:
        """The service with its leak."""
        self.say("apply the service with its leak, and its constraint (repair.mode Observe)")
        begun = time.time()
        self.kubectl("apply", "--filename", str(MANIFESTS))
        seen = self.watch("leaky", begun)
        self.expect("the leak is a breach", seen, lambda: seen.condition("Compliant")["status"] == "False")
        message = seen.condition("Compliant").get("message", "")
        self.expect("the message names the leak", seen, lambda: "heap.growth" in message and "MB/h" in message)
        self.expect("it was never said to comply", seen, lambda: "True" not in seen.compliant)

    def healthy(self) -> None:
        """Its repaired twin, under the same load: the rollout alone begins the run."""
        self.say("roll out its repaired twin")
        begun = time.time()
        place = f"deployment/{NAME}"
        self.kubectl("set", "image", place, f"{NAME}=setpoint.dev/demo:healthy", "--namespace", NAMESPACE)
        seen = self.watch("healthy", begun)
        self.expect("the twin complies", seen, lambda: seen.condition("Compliant")["status"] == "True")

    def blind(self) -> None:
        """No Prometheus: a new constraint on the healthy twin must not be called compliant."""
        self.say("scale Prometheus to zero, and make the constraint anew")
        self.prometheus(0)
        self.kubectl("delete", KIND, NAME, "--namespace", NAMESPACE)
        begun = time.time()
        constraint = self.constraint()
        self.kubectl("apply", "--filename", "-", given=json.dumps(constraint))
        seen = self.watch("healthy", begun)
        said = seen.condition("Compliant")
        self.expect("nothing is known", seen, lambda: said["status"] == "Unknown" and said["reason"] == "QueryFailed")
        about = seen.condition("MetricsAvailable")
        self.expect("and it is said why", seen, lambda: (about["status"], about["reason"]) == ("False", "Unreachable"))
        self.expect("it was never said to comply", seen, lambda: "True" not in seen.compliant)

    def constraint(self) -> dict[str, Any]:
        """The constraint of the demo's manifests."""
        documents = (one for file in MANIFESTS.glob("*.yaml") for one in yaml.safe_load_all(file.read_text()))
        return next(one for one in documents if one["kind"] == "PerformanceConstraint")

    def prometheus(self, replicas: int) -> None:
        """So many of it, and no pod more."""
        place = ["deployment/prometheus", "--namespace", "monitoring"]
        self.kubectl("scale", *place, f"--replicas={replicas}")
        if replicas:
            self.kubectl("rollout", "status", *place, "--timeout=90s")
        else:
            self.kubectl(
                "wait", "pod", "--selector=app=prometheus", "--for=delete", "--namespace=monitoring", "--timeout=60s"
            )

    def watch(self, variant: str, begun: float) -> Watched:
        """Look at the constraint until its run has ended, and say what changes."""
        seen, told, until = Watched(), "", time.monotonic() + LONGEST_RUN_SECONDS
        while not seen.ended(f"setpoint.dev/demo:{variant}", begun):
            if time.monotonic() > until:
                raise TestbedError(
                    f"no verdict within {LONGEST_RUN_SECONDS:.0f} s; the status was {json.dumps(seen.status)}"
                )
            found = self.kubectl.attempt("get", KIND, NAME, "--namespace", NAMESPACE, "--output", "json")
            seen.see(json.loads(found.stdout).get("status", {}) if found.returncode == 0 else {})
            if (now := _summary(seen)) != told:
                told = now
                self.say(f"  {now}")
            time.sleep(0.5)
        return seen

    def expect(self, what: str, seen: Watched, holds: Callable[[], bool]) -> None:
        """Note what should be and is not."""
        right = holds()
        self.say(f"{'✓' if right else '✗'} {what}")
        if not right:
            self.wrong.append(
                f"{what}: Compliant was {', '.join(seen.compliant)}; {json.dumps(seen.condition('Compliant'))}"
            )

    def say(self, text: str) -> None:
        """One line, with the seconds since the beginning."""
        print(f"[{time.monotonic() - self.began:4.0f} s] {text}", flush=True)


def _summary(seen: Watched) -> str:
    compliant, load = seen.condition("Compliant"), seen.condition("LoadGenerated")
    words = [
        f"{name}={one['status']} ({one['reason']})" for name, one in (("Compliant", compliant), ("load", load)) if one
    ]
    return ", ".join(words) + (f": {compliant['message']}" if compliant.get("status") == "False" else "")


if __name__ == "__main__":
    try:
        sys.exit(Demo().run())
    except TestbedError as error:
        sys.exit(f"demo: {error}")
