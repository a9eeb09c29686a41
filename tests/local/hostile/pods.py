"""What a hostile agent would need of its pod and does not get: every pod that the operator makes, as an object."""

import functools
import json
import math
from collections.abc import Callable, Iterator
from typing import Any

from local.hostile.cases import CANARY, Case, EscapedError, Layer, without_canary
from local.steps.verdicts import breach
from setpoint.api.configuration import Configuration
from setpoint.api.forge import PollJob, ReportJob
from setpoint.api.ports import DiagnoseOrder, PatchOrder, ProposeOrder
from setpoint.api.remedy import Evidence
from setpoint.api.resource import ResourceSpec
from setpoint.api.steps import CopyOf, SourceStep
from setpoint.kube import load_job
from setpoint.kube.cluster import Cluster
from setpoint.kube.repair.copies import Plant, copy_of
from setpoint.kube.repair.forges import hosting_of
from setpoint.kube.repair.pods import Ground, Work, job_of
from setpoint.kube.repair.source import SourcePod
from setpoint.kube.repair.steps import Desk
from setpoint.kube.repair.works import Scene, forge_work

Object = dict[str, Any]
OWNER = {"namespace": "shop", "name": "checkout", "uid": "u-1"}
REPOSITORY = "https://git.example.com/shop/app.git"
CONFIGURATION = Configuration.model_validate({"repositories": ["https://git.example.com/*"]})
GROUND = Ground(OWNER, "run1", "rem1", CONFIGURATION)
# What runs code that others wrote, and what holds a token: no pod is both.
CODE_OF_OTHERS = ("propose", "gate", "test", "diagnose", "copy")
HOLDS_TOKEN = ("source", "publish", "poll")
SIDE_BY_SIDE = ("propose",)


@functools.cache
def spec() -> ResourceSpec:
    """A constraint that is repaired, by a program that its author names."""
    source = {"repository": REPOSITORY, "branch": "main", "paths": ["src/"], "secretRef": "checkout-git"}
    repair = {
        "mode": "Verify",
        "source": source,
        "test": {"command": ["pytest"], "image": "registry.example.com/tests:1"},
        "proposer": "command",
        "command": ["agent"],
    }
    return ResourceSpec.model_validate(
        {
            "target": {"deployment": "checkout", "service": "checkout", "port": "http"},
            "load": {"http": {"path": "/", "rate": 5}},
            "constraints": {"errors": {"budgetPercent": 1}},
            "repair": repair,
            "verify": {"source": {"mountPath": "/app"}, "allow": {"volumes": ["host", "token"]}},
        }
    )


def template() -> Object:
    """A production pod with all that a thief could wish for; the canary stands where its Secrets are."""
    app = {
        "name": "app",
        "image": "checkout:1",
        "ports": [{"name": "http", "containerPort": 8080, "hostPort": 80}],
        "env": [{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": CANARY, "key": "p"}}}],
        "envFrom": [{"secretRef": {"name": CANARY}}],
        "securityContext": {"privileged": True, "capabilities": {"add": ["SYS_ADMIN"]}, "procMount": "Unmasked"},
        "volumeMounts": [{"name": name, "mountPath": f"/{name}"} for name in ("secret", "token", "host", "tmp")],
    }
    return {
        "metadata": {"labels": {"app": "checkout"}, "annotations": {}},
        "spec": {
            "serviceAccountName": "checkout-admin",
            "automountServiceAccountToken": True,
            "hostNetwork": True,
            "hostPID": True,
            "hostIPC": True,
            "containers": [app],
            "volumes": [
                {"name": "secret", "secret": {"secretName": CANARY}},
                {"name": "token", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}},
                {"name": "host", "hostPath": {"path": "/"}},
                {"name": "tmp", "emptyDir": {}},
            ],
        },
    }


class Created(Cluster):
    """A cluster that has nothing, and remembers what is created in it."""

    def __init__(self) -> None:
        self.bodies: list[Object] = []

    def find(self, path: str) -> Object | None:
        """Nothing is there."""
        return None

    def create(self, path: str, body: Object) -> Object:
        """Taken."""
        self.bodies.append(body)
        return body


@functools.cache
def objects() -> dict[str, Object]:
    """Every kind of pod's template, or pod, by what it does; `job:` and `order:` are what comes with it."""
    plant = Plant(spec(), template(), 8080)
    hosting = hosting_of(spec().repair.source, CONFIGURATION)
    scene = Scene(GROUND, spec(), plant, hosting, "http://source:8080", "a" * 40)
    told = breach("errors")
    works: dict[str, Work] = {
        "propose": scene.propose("k1", ProposeOrder("a" * 40, "", told, Evidence())),
        "gate": scene.gate("k2", PatchOrder("a" * 40, "")),
        "test": scene.test("k3", PatchOrder("a" * 40, "")),
        "diagnose": scene.diagnose("k4", DiagnoseOrder("a" * 40, told)),
        "verify": scene.verify("k5", {"control": CopyOf(url="http://c:1")}, scene.load),
        "publish": forge_work(GROUND, "checkout-git", "report", "k6", ReportJob(hosting=hosting, branch="setpoint/a")),
        "poll": forge_work(GROUND, "checkout-git", "poll", "k7", PollJob(hosting=hosting, branch="setpoint/a")),
    }
    found: dict[str, Object] = {}
    for name, work in works.items():
        found[f"job:{name}"] = job = job_of(GROUND, f"key-{name}", work)
        found[name] = job["spec"]["template"]["spec"]
        found[f"order:{name}"] = dict(work.files)
    cluster = Created()
    SourcePod(
        Desk(cluster, GROUND, 0.0), "checkout-git", SourceStep(hosting=hosting, branch="main", commit="a" * 40)
    ).look()
    found["source"] = next(one for one in cluster.bodies if one["kind"] == "Pod")["spec"]
    found["policies"] = {"items": [one for one in cluster.bodies if one["kind"] == "NetworkPolicy"]}
    found["account"] = next(one for one in cluster.bodies if one["kind"] == "ServiceAccount")
    deployment = copy_of(GROUND, plant, "k8", "candidate", "http://source:8080", None)
    found["copy"] = deployment["spec"]["template"]["spec"]
    found["labels:copy"] = deployment["spec"]["template"]["metadata"]["labels"]
    request = load_job.LoadRequest(OWNER, "run1", "k9", spec(), "http://checkout.shop:80", CONFIGURATION)
    found["job:load"] = load_job.job_of(request)
    found["load"] = found["job:load"]["spec"]["template"]["spec"]
    return found


PODS = ("propose", "gate", "test", "diagnose", "verify", "publish", "poll", "source", "copy", "load")


def boxes(pod: Object) -> Iterator[Object]:
    """Its containers of every kind."""
    yield from (*(pod.get("initContainers") or ()), *pod["containers"])


def each(check: Callable[[str, Object], str | None]) -> Callable[[object], str]:
    """The attempt on every pod: `check` says what is wrong, or nothing."""

    def attempt(_: object) -> str:
        wrong = [f"{name}: {said}" for name in PODS if (said := check(name, objects()[name]))]
        if wrong:
            raise EscapedError("; ".join(wrong))
        return f"none of {len(PODS)} pods has it"

    return attempt


def each_box(check: Callable[[str, Object, Object], object]) -> Callable[[object], str]:
    """The same on every container: `check(pod's name, pod, container)` is true when something is wrong."""

    def of(name: str, pod: Object) -> str | None:
        return ", ".join(box["name"] for box in boxes(pod) if check(name, pod, box)) or None

    return each(of)


def _token(_: str, pod: Object) -> str | None:
    sources = [one for volume in pod["volumes"] for one in (volume.get("projected") or {}).get("sources", ())]
    may = pod.get("automountServiceAccountToken") is not False
    # Copies may keep a projected token by name: it is of an account that may do nothing.
    projected = any("serviceAccountToken" in one for one in sources) and not pod.get("serviceAccountName", "").endswith(
        "-copy"
    )
    return "a token is mounted" if may or projected else None


def _secrets(name: str, pod: Object) -> str | None:
    keys = [volume["secret"] for volume in pod["volumes"] if "secret" in volume]
    expected = {"secretName": "checkout-git", "items": [{"key": "setpoint-git-token", "path": "setpoint-git-token"}]}
    wanted = [expected] if name in HOLDS_TOKEN else []
    return None if keys == wanted else f"Secrets are mounted: {keys}"


def _environment(_: str, __: Object, box: Object) -> bool:
    from_secret = any("secretKeyRef" in (one.get("valueFrom") or {}) for one in box.get("env") or ())
    return from_secret or any("secretRef" in one for one in box.get("envFrom") or ())


def _root(name: str, pod: Object, box: Object) -> bool:
    """Containers of the project's own image may write into it: it goes with them."""
    own = {("propose", "toolbox"), ("test", "step"), ("copy", "app"), ("diagnose", "app")}
    return (name, box["name"]) not in own and box["securityContext"].get("readOnlyRootFilesystem") is not True


def _powers(_: str, __: Object, box: Object) -> bool:
    context = box["securityContext"]
    added = (context.get("capabilities") or {}).get("add")
    grows = context["allowPrivilegeEscalation"] is not False
    return bool(context.get("privileged") or context.get("procMount") or added or grows)


def _drops(name: str, _: Object, box: Object) -> bool:
    if box["name"] == "app":  # the target's own container: baseline
        return False
    return box["securityContext"].get("capabilities") != {"drop": ["ALL"]}


def _seccomp(_: str, pod: Object) -> str | None:
    said = (pod.get("securityContext") or {}).get("seccompProfile")
    return None if said == {"type": "RuntimeDefault"} else f"seccomp is {said}"


def _host(_: str, pod: Object) -> str | None:
    spaces = {"hostNetwork", "hostPID", "hostIPC"} & {key for key, value in pod.items() if value}
    paths = [volume["name"] for volume in pod["volumes"] if "hostPath" in volume]
    ports = [box["name"] for box in boxes(pod) for port in box.get("ports") or () if "hostPort" in port]
    return str([*spaces, *paths, *ports]) if spaces or paths or ports else None


def _rooms(_: str, pod: Object) -> str | None:
    endless = [v["name"] for v in pod["volumes"] if "emptyDir" in v and not v["emptyDir"].get("sizeLimit")]
    return f"no limit on {endless}" if endless else None


def _links(_: str, pod: Object) -> str | None:
    return None if pod["enableServiceLinks"] is False else "every Service is in its environment"


def _nobody(name: str, pod: Object) -> str | None:
    if name in ("copy", "diagnose"):  # the target's user stays; containers of ours say their own
        ours = [box for box in boxes(pod) if box["name"] in ("tree", "step", "probe")]
        return None if all(box["securityContext"]["runAsNonRoot"] for box in ours) else "ours run as root"
    return None if pod["securityContext"].get("runAsNonRoot") is True else "it may run as root"


def _resources(name: str, _: Object, box: Object) -> bool:
    """A throttled load generator would be measured as a slow target; a target's own limits are its owners' business."""
    limits = (box.get("resources") or {}).get("limits") or {}
    wanted = {"memory"} if name in ("load", "verify") else {"cpu", "memory", "ephemeral-storage"}
    return box["name"] != "app" and not wanted <= limits.keys()


def _deadlines(_: object) -> str:
    jobs = {name.partition(":")[2]: one["spec"] for name, one in objects().items() if name.startswith("job:")}
    endless = [name for name, one in jobs.items() if not 0 < one.get("activeDeadlineSeconds", math.inf) <= 14_400]
    retried = [name for name, one in jobs.items() if one["backoffLimit"] != 0]
    if endless or retried:
        raise EscapedError(f"no deadline: {endless}; tried again by Kubernetes: {retried}")
    return f"{len(jobs)} Jobs have a deadline and one try"


def _shared_rooms(_: object) -> str:
    """Side by side with ours, code of others shares the folder through which it is asked, and nothing else."""
    pod = objects()["propose"]
    mounts = {box["name"]: {mount["name"] for mount in box["volumeMounts"]} for box in boxes(pod)}
    shared = mounts["toolbox"] & mounts["step"]
    if shared != {"toolbox"} or pod.get("shareProcessNamespace"):
        raise EscapedError(f"agent and toolbox share {shared}")
    return "they share the toolbox alone"


def _apart(_: object) -> str:
    """Whoever has the token runs no code of others, and its image is ours."""
    for name in HOLDS_TOKEN:
        if images := {box["image"] for box in boxes(objects()[name])} - {CONFIGURATION.runner.name}:
            raise EscapedError(f"{name} runs {images}")
    for name in CODE_OF_OTHERS:
        if "setpoint-git-token" in json.dumps(objects()[name]):
            raise EscapedError(f"{name} knows of the token")
    return "no pod has both"


def _identity(_: object) -> str:
    pod, account = objects()["copy"], objects()["account"]
    if pod["serviceAccountName"] != account["metadata"]["name"] or account["automountServiceAccountToken"]:
        raise EscapedError(f"a copy is {pod['serviceAccountName']}")
    return "a copy is nobody: its account has no rights and no token"


def _labels(_: object) -> str:
    if extra := {name for name in objects()["labels:copy"] if not name.startswith(("setpoint.dev/", "app.kubernetes"))}:
        raise EscapedError(f"a Service could select a copy by {extra}")
    return "no label of the target's is on a copy"


def _canary(_: object) -> str:
    without_canary(json.dumps(objects()))
    return "nothing of the target's Secrets is in any pod or order"


_POD = (
    ("use a ServiceAccount's token", each(_token), "none of"),
    ("read a mounted Secret", each(_secrets), "none of"),
    ("read a Secret in the environment", each_box(_environment), "none of"),
    ("write into our image", each_box(_root), "none of"),
    ("be privileged, or become so", each_box(_powers), "none of"),
    ("keep a capability", each_box(_drops), "none of"),
    ("make any system call", each(_seccomp), "none of"),
    ("reach into the node: network, processes, files, ports", each(_host), "none of"),
    ("fill the node's disk", each(_rooms), "none of"),
    ("be root in a pod of ours", each(_nobody), "none of"),
    ("take the whole node", each_box(_resources), "none of"),
    ("learn the namespace's Services", each(_links), "none of"),
    ("never end", _deadlines, "deadline"),
    ("write into the agent's own files", _shared_rooms, "alone"),
    ("run where the push token is", _apart, "no pod has both"),
    ("be the target", _identity, "nobody"),
    ("be taken for the target by a Service", _labels, "no label"),
    ("inherit the target's Secrets", _canary, "nothing"),
)
CASES = [Case(name, Layer.POD, because, attempt) for name, attempt, because in _POD]
