"""The demo service with its repository in the cluster's Gitea, and a constraint that lets it be repaired."""

import contextlib
import copy
import json
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from testbed.gitea_cluster import INSIDE, ClusterGitea
from testbed.kubectl import Kubectl
from testbed.places import TOP

DEMO = TOP / "manifests" / "demo"
KIND, COMMIT = "performanceconstraints", "example.com/commit"
CONFIGURATION: dict[str, Any] = {
    "prometheus": {"default": {"url": "http://prometheus.monitoring:9090"}},
    "repositories": [f"{INSIDE}/*"],
    "forges": {INSIDE.removeprefix("http://"): {"kind": "gitea", "plainHttp": True}},
    "allowUnenforcedNetwork": True,  # the bridge plugin of the testbed enforces no NetworkPolicy
}


def manifests() -> list[dict[str, Any]]:
    """The objects of the demo, with the constraint that repairs."""
    documents = list(yaml.safe_load_all((DEMO / "cluster" / "demo.yaml").read_text()))
    repairing = yaml.safe_load((DEMO / "repair" / "constraint.yaml").read_text())
    return [repairing if one["kind"] == repairing["kind"] else one for one in documents]


@contextlib.contextmanager
def service_files(more: dict[str, str] | None = None) -> Iterator[Path]:
    """What the repository holds: the demo service, and more files by their names."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in DEMO.glob("*.py"):
            shutil.copy(file, folder)
        for path, text in (more or {}).items():
            (folder / path).write_text(text)
        yield folder


class Repaired:
    """The service in a namespace of its own."""

    def __init__(self, kubectl: Kubectl, gitea: ClusterGitea, namespace: str) -> None:
        self._kubectl, self.gitea, self.namespace = kubectl, gitea, namespace
        # A Gitea that is there already keeps what earlier runs put there.
        self.owner = f"demo-{uuid.uuid4().hex[:6]}"
        self.at = f"/repos/{self.owner}/events"
        self.commit = ""

    def apply(
        self,
        variant: str = "leaky",
        more: dict[str, str] | None = None,
        repair: dict[str, Any] | None = None,
        spec: dict[str, Any] | None = None,
    ) -> None:
        """Everything, as manifests/demo has it; `repair` and `spec` are laid over the constraint's own."""
        with service_files(more) as folder:
            address = self.gitea.inside(self.gitea.repository(self.owner, "events", folder))
        self.commit = self.gitea.ask("GET", f"{self.at}/branches/main")["commit"]["id"]
        documents = copy.deepcopy(manifests())
        for one in documents:
            if one["kind"] == "Namespace":
                one["metadata"]["name"] = self.namespace
            else:
                one["metadata"]["namespace"] = self.namespace
            if one["kind"] == "Deployment":
                self._release(one, variant, self.commit)
            if one["kind"] == "PerformanceConstraint":
                one["spec"]["repair"]["source"]["repository"] = address
                one["spec"]["repair"].update(repair or {})
                one["spec"].update(spec or {})
        self._kubectl.apply(documents[0])
        self._kubectl.apply(self._secret(), *documents[1:], namespace=self.namespace)

    def release(self, variant: str, commit: str) -> None:
        """Roll out another image, built from that commit."""
        deployment = next(one for one in manifests() if one["kind"] == "Deployment")
        deployment["metadata"]["namespace"] = self.namespace
        self._release(deployment, variant, commit)
        self._kubectl.apply(deployment, namespace=self.namespace)

    def _release(self, deployment: dict[str, Any], variant: str, commit: str) -> None:
        template = deployment["spec"]["template"]
        template["metadata"]["annotations"][COMMIT] = commit
        container = template["spec"]["containers"][0]
        container["image"] = f"setpoint.dev/demo:{variant}"
        container["resources"]["requests"]["cpu"] = "20m"  # a small node takes many of them beside each other
        # The target is given something that no copy of it may have.
        token = {"secretKeyRef": {"name": "events-git", "key": "setpoint-git-token"}}
        container.setdefault("env", []).append({"name": "EVENTS_TOKEN", "valueFrom": token})

    def _secret(self) -> dict[str, Any]:
        about = {"name": "events-git", "namespace": self.namespace}
        data = {"setpoint-git-token": self.gitea.bot.token}
        return {"apiVersion": "v1", "kind": "Secret", "metadata": about, "stringData": data}

    # ── what can be seen ──

    def status(self) -> dict[str, Any]:
        """Of the constraint."""
        found = self._kubectl.attempt("get", KIND, "processor", "--namespace", self.namespace, "--output", "json")
        return json.loads(found.stdout).get("status") or {} if found.returncode == 0 else {}

    def condition(self, kind: str) -> tuple[str, str]:
        """(status, reason) of a condition."""
        found = next((one for one in self.status().get("conditions", []) if one["type"] == kind), {})
        return found.get("status", ""), found.get("reason", "")

    def story(self) -> str:
        """What happened so far, in a few lines: the Events of the constraint, its last run, its remediation."""
        about = ("get", "events", "--field-selector", "involvedObject.kind=PerformanceConstraint")
        columns = "custom-columns=AT:.firstTimestamp,REASON:.reason,MESSAGE:.message"
        told = self._kubectl.attempt(*about, "--namespace", self.namespace, "--output", columns).stdout
        status = self.status()
        return "\n".join([told, *(f"{key}: {json.dumps(status.get(key))}" for key in ("lastRun", "remediation"))])

    def pulls(self) -> list[dict[str, Any]]:
        """Every pull request of the repository."""
        return self.gitea.ask("GET", f"{self.at}/pulls?state=all") or []

    def branches(self) -> list[str]:
        """Ours."""
        found = self.gitea.ask("GET", f"{self.at}/branches?limit=50") or []
        return [one["name"] for one in found if one["name"].startswith("setpoint/")]

    def statuses(self, commit: str) -> list[str]:
        """States that a commit was given, newest first."""
        return [one["status"] for one in self.gitea.ask("GET", f"{self.at}/statuses/{commit}") or []]

    def comments(self, number: int) -> list[str]:
        """What was said below a pull request."""
        return [one["body"] for one in self.gitea.ask("GET", f"{self.at}/issues/{number}/comments") or []]

    def copies(self, ready: bool = False) -> list[str]:
        """Deployments that are not the target; only those that take requests, if that is asked for."""
        found = self._kubectl.json("get", "deployments", "--namespace", self.namespace)
        stand = [one for one in found["items"] if not ready or one.get("status", {}).get("readyReplicas")]
        return [one["metadata"]["name"] for one in stand if one["metadata"]["name"] != "processor"]

    def left(self) -> list[str]:
        """What of a repair is in the namespace, but for records and results."""
        kinds = "jobs,deployments,services,pods,serviceaccounts,networkpolicies,configmaps"
        ours = ("--selector", "setpoint.dev/remediation")
        found = self._kubectl.json("get", kinds, "--namespace", self.namespace, *ours)
        kept = ("record", "result", "people")
        roles = ((one, one["metadata"]["labels"].get("setpoint.dev/role")) for one in found["items"])
        return [f"{one['kind']} {one['metadata']['name']}" for one, role in roles if role not in kept]

    # ── what people do ──

    def measure_again(self, run: int) -> None:
        """Ask for another run than that one; said twice it is one request."""
        asked = f"setpoint.dev/run=after-{run}"
        self._kubectl("annotate", "--overwrite", KIND, "processor", asked, "--namespace", self.namespace)

    def merge(self, number: int) -> str:
        """Merge a pull request; the commit."""
        self.gitea.ask("POST", f"{self.at}/pulls/{number}/merge", {"Do": "merge"}, person=self.gitea.writer)
        return str(self.gitea.ask("GET", f"{self.at}/pulls/{number}")["merge_commit_sha"])

    def say(self, number: int, words: str, person: Any = None) -> None:
        """Comment."""
        who = person or self.gitea.writer
        self.gitea.ask("POST", f"{self.at}/issues/{number}/comments", {"body": words}, person=who)

    def close(self, number: int) -> None:
        """Close a pull request."""
        self.gitea.ask("PATCH", f"{self.at}/pulls/{number}", {"state": "closed"}, person=self.gitea.writer)
