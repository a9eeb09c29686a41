"""The demo with repairs: a leak is found, repaired in a pull request, proven beside an unchanged copy, merged, gone.

Ends with 1 when anything of that is otherwise.
"""

import copy
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from testbed.gitea_cluster import ClusterGitea
from testbed.install import NAMESPACE as OPERATOR
from testbed.install import VALUES, install
from testbed.kubectl import Kubectl
from testbed.places import TestbedError
from testbed.providers import chosen
from testbed.repaired import CONFIGURATION, Repaired

NAMESPACE = "setpoint-demo"
STEPS = ["Diagnosing", "Proposing", "Gating", "Testing", "Publishing", "Verifying"]
BREACH_SECONDS, REPAIR_SECONDS, MERGE_SECONDS = 240.0, 600.0, 300.0


class RepairDemo:
    """The whole loop, told line by line."""

    def __init__(self) -> None:
        self.provider = chosen()
        self.began = time.monotonic()
        self.wrong: list[str] = []

    def run(self) -> int:
        """Its exit code."""
        self.say("bring up the cluster, build the images, start Gitea, install the chart")
        self.provider.up()
        self.provider.images()
        kubectl = Kubectl(self.provider.kubeconfig())
        values = copy.deepcopy(VALUES)
        values["configuration"] = {**CONFIGURATION, "repair": {"lookLater": "10s"}}  # people decide at once here
        install(kubectl.kubeconfig, values)
        kubectl("rollout", "restart", "deployment/setpoint", "--namespace", OPERATOR)
        kubectl("rollout", "status", "deployment/setpoint", "--namespace", OPERATOR, "--timeout=90s")
        kubectl.attempt("delete", "namespace", NAMESPACE, "--wait=true")
        with ExitStack() as stack:
            gitea = stack.enter_context(ClusterGitea(kubectl))
            self.loop(Repaired(kubectl, gitea, NAMESPACE))
        for what in self.wrong:
            print(f"WRONG: {what}", file=sys.stderr)
        return 1 if self.wrong else 0

    def loop(self, service: Repaired) -> None:
        """From the breach to the merge."""
        if CONFIGURATION["allowUnenforcedNetwork"]:
            self.say("(no NetworkPolicy is enforced here, which allowUnenforcedNetwork: true allows)")
        self.say("apply the service with its leak, and its constraint (repair.mode Verify)")
        service.apply()
        self.until(lambda: service.condition("Compliant")[0] == "False", BREACH_SECONDS, "a breach", service)
        breached = time.monotonic()
        self.say("the leak is a confirmed breach")
        steps, copies, drafts = self.follow(service)
        self.say(f"from the breach to its end: {time.monotonic() - breached:.0f} s")
        found = service.status()["remediation"]
        self.expect("it was verified", found.get("ended") == "Verified", found)
        self.expect("step by step", [step for step in steps if step in STEPS][: len(STEPS)] == STEPS, steps)
        self.expect("a candidate beside a control", {"candidate", "control"} <= copies, sorted(copies))
        self.expect("Remediating says so", service.condition("Remediating") == ("False", "Verified"), found)
        self.expect("the breach stays one until it is merged", service.condition("Compliant")[0] == "False", found)
        self.until(lambda: not service.left(), 60, "nothing is left", service)
        self.expect("nothing is left of it", not service.left() and not service.copies(), service.left())
        number = self.pull_request(service, drafts)
        self.merged(service, number)

    def follow(self, service: Repaired) -> tuple[list[str], set[str], set[bool]]:
        """The steps, the copies and the states of draft that were seen until it ended."""
        steps: list[str] = []
        copies: set[str] = set()
        drafts: set[bool] = set()
        until = time.monotonic() + REPAIR_SECONDS
        while time.monotonic() < until:
            found = service.status().get("remediation") or {}
            if found.get("ended"):
                self.say(f"  {found['ended']}: {found.get('message', '')[:200]}")
                return steps, copies, drafts
            if found.get("step") and (not steps or steps[-1] != found["step"]):
                steps.append(found["step"])
                self.say(f"  {found['step']}: {found.get('message', '')[:160]}")
            copies |= {name.rpartition("-")[2] for name in service.copies()}
            if found.get("step") == "Verifying":
                drafts |= {pull["draft"] for pull in service.pulls()}
            time.sleep(0.5)
        raise TestbedError(f"the remediation did not end within {REPAIR_SECONDS:g} s: {service.status()}")

    def pull_request(self, service: Repaired, drafts: set[bool]) -> int:
        """What is in Gitea."""
        pulls = service.pulls()
        if not pulls:
            raise TestbedError("there is no pull request")
        self.expect("one branch and one pull request", (len(service.branches()), len(pulls)) == (1, 1), pulls)
        pull = pulls[0]
        self.say(f"  {pull['html_url']}: {pull['title']}")
        self.expect("it was a draft while it was verified", drafts == {True}, drafts)
        self.expect("and is none now", pull["draft"] is False, pull["title"])
        self.expect(
            "with the table before and after", "heap.growth" in pull["body"] and "|" in pull["body"], pull["body"]
        )
        self.expect("the commit has its status", service.statuses(pull["head"]["sha"])[:1] == ["success"], pull["head"])
        return int(pull["number"])

    def merged(self, service: Repaired, number: int) -> None:
        """People merge, and roll out."""
        self.say("merge it, and roll out the image of the merge")
        commit = service.merge(number)
        service.release("healthy", commit)
        self.until(
            lambda: service.condition("Compliant") == ("True", "WithinSetpoints"), MERGE_SECONDS, "True", service
        )
        self.say("✓ Compliant=True by itself")
        self.until(lambda: self.reason(service) == "Merged", 120, "the merge is seen", service)
        self.say("✓ and history says that it was merged")

    def reason(self, service: Repaired) -> str:
        """How the last remediation ended, by history."""
        history = service.status().get("history") or [{}]
        return str(history[0].get("reason"))

    def until(self, holds: Callable[[], bool], seconds: float, what: str, service: Repaired) -> None:
        """Wait for something."""
        until = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > until:
                raise TestbedError(f"{what}: not within {seconds:g} s; the status was {service.status()}")
            time.sleep(0.5)

    def expect(self, what: str, right: bool, shown: Any) -> None:
        """Note what should be and is not."""
        self.say(f"{'✓' if right else '✗'} {what}")
        if not right:
            self.wrong.append(f"{what}: {shown}")

    def say(self, text: str) -> None:
        """One line, with the seconds since the beginning."""
        print(f"[{time.monotonic() - self.began:4.0f} s] {text}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(RepairDemo().run())
    except TestbedError as error:
        sys.exit(f"demo: {error}")
