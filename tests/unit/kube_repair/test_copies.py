"""Copies of the target have nothing of its identity, and only what `verify.allow` names."""

from typing import Any

import pytest

from setpoint.api.configuration import Configuration
from setpoint.api.resource import ResourceSpec
from setpoint.kube.repair.copies import Plant, copy_of, profiled, scrubbed, target_port
from setpoint.kube.repair.pods import Ground, step

OWNER = {"namespace": "shop", "name": "checkout", "uid": "u-1"}
GROUND = Ground(OWNER, "run1", "rem1", Configuration())


def spec_of(**verify: Any) -> ResourceSpec:
    """A constraint that is repaired; `verify` is laid over its own."""
    source = {"repository": "https://git.example.com/shop/app.git", "branch": "main", "paths": ["src/", "app.py"]}
    return ResourceSpec.model_validate(
        {
            "target": {"deployment": "checkout", "service": "checkout", "port": "http"},
            "load": {"http": {"path": "/", "rate": 5}},
            "constraints": {"errors": {"budgetPercent": 1}},
            "repair": {"mode": "Verify", "source": source, "test": {"command": ["pytest"]}},
            "verify": {"source": {"mountPath": "/app"}, **verify},
        }
    )


def template() -> dict[str, Any]:
    """A pod with everything that a production pod may have."""
    app = {
        "name": "app",
        "image": "checkout:1",
        "ports": [{"name": "http", "containerPort": 8080, "hostPort": 80}],
        "env": [
            {"name": "PLAIN", "value": "1"},
            {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "p"}}},
            {"name": "SETTING", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "s"}}},
            {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
        ],
        "envFrom": [{"secretRef": {"name": "db"}}, {"configMapRef": {"name": "settings"}}],
        "volumeMounts": [
            {"name": name, "mountPath": f"/{name}"} for name in ("cache", "secret", "config", "disk", "token", "host")
        ],
    }
    return {
        "metadata": {
            "labels": {"app": "checkout", "argocd.argoproj.io/instance": "shop"},
            "annotations": {
                "prometheus.io/scrape": "true",
                "prometheus.io/port": "9090",
                "vault.example.com/role": "x",
            },
        },
        "spec": {
            "serviceAccountName": "checkout",
            "serviceAccount": "checkout",
            "automountServiceAccountToken": True,
            "hostNetwork": True,
            "hostPID": True,
            "priorityClassName": "critical",
            "nodeName": "n-1",
            "affinity": {"podAntiAffinity": {}},
            "imagePullSecrets": [{"name": "registry"}],
            "securityContext": {"runAsUser": 1000},
            "initContainers": [{"name": "migrate", "image": "checkout:1", "envFrom": [{"secretRef": {"name": "db"}}]}],
            "containers": [app, {"name": "proxy", "image": "proxy:1"}],
            "volumes": [
                {"name": "cache", "emptyDir": {}},
                {"name": "secret", "secret": {"secretName": "db"}},
                {"name": "config", "configMap": {"name": "settings"}},
                {"name": "disk", "persistentVolumeClaim": {"claimName": "data"}},
                {"name": "token", "projected": {"sources": [{"serviceAccountToken": {}}]}},
                {"name": "host", "hostPath": {"path": "/"}},
            ],
        },
    }


def names(found: list[dict[str, Any]]) -> list[str]:
    """Of env, mounts or volumes."""
    return [one["name"] for one in found]


def test_nothing_of_the_targets_identity_stays():
    """No account, token, Secret, disk or host; the pull secrets stay, or there would be no image."""
    body = scrubbed(Plant(spec_of(), template(), 8080), GROUND)
    assert body["serviceAccountName"] == "setpoint-rem1-copy"
    assert body["automountServiceAccountToken"] is False
    assert names(body["volumes"]) == ["cache"]
    app = body["containers"][0]
    assert names(app["volumeMounts"]) == ["cache"]
    assert names(app["env"]) == ["PLAIN", "NODE"]
    assert app["envFrom"] == []
    assert body["initContainers"][0]["envFrom"] == []
    assert "hostPort" not in app["ports"][0]
    assert body["imagePullSecrets"] == [{"name": "registry"}]
    assert not {"hostNetwork", "hostPID", "priorityClassName", "nodeName", "affinity", "serviceAccount"} & set(body)


def test_no_power_over_the_node_stays():
    """Code that nobody has read runs in a copy, whatever the target may do; both copies alike."""
    made = template()
    made["spec"]["securityContext"] = {
        "runAsUser": 0,
        "sysctls": [{"name": "kernel.msgmax", "value": "1"}, {"name": "net.ipv4.tcp_syncookies", "value": "1"}],
        "windowsOptions": {"hostProcess": True},
    }
    made["spec"]["containers"][0]["securityContext"] = {
        "privileged": True,
        "procMount": "Unmasked",
        "allowPrivilegeEscalation": True,
        "capabilities": {"add": ["SYS_ADMIN", "CAP_SYS_PTRACE", "NET_BIND_SERVICE"], "drop": ["KILL"]},
        "seccompProfile": {"type": "Unconfined"},
        "appArmorProfile": {"type": "Unconfined"},
        "runAsUser": 7,
    }
    body = scrubbed(Plant(spec_of(), made, 8080), GROUND)
    assert body["securityContext"] == {
        "runAsUser": 0,
        "sysctls": [{"name": "net.ipv4.tcp_syncookies", "value": "1"}],
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert body["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["KILL"]},
        "runAsUser": 7,
    }
    assert body["containers"][1]["securityContext"] == {"allowPrivilegeEscalation": False}


def test_the_nodes_files_stay_nowhere_also_when_they_are_named():
    """Whoever writes a constraint could not start a pod with them."""
    body = scrubbed(Plant(spec_of(allow={"volumes": ["host", "disk"]}), template(), 8080), GROUND)
    assert names(body["volumes"]) == ["cache", "disk"]


def test_what_is_allowed_by_name_stays():
    """For candidate and control alike."""
    allow = {"secrets": ["db"], "configMaps": ["settings"], "volumes": ["disk"]}
    body = scrubbed(Plant(spec_of(allow=allow), template(), 8080), GROUND)
    assert names(body["volumes"]) == ["cache", "secret", "config", "disk"]
    assert names(body["containers"][0]["env"]) == ["PLAIN", "PASSWORD", "SETTING", "NODE"]
    assert len(body["containers"][0]["envFrom"]) == 2


def test_the_target_itself_is_not_changed():
    """What is taken away is taken from a copy."""
    before = template()
    scrubbed(Plant(spec_of(), before, 8080), GROUND)
    assert before == template()


def test_no_label_of_the_target_is_on_a_copy():
    """No Service, autoscaler or GitOps tool takes it for its own; Prometheus still finds it."""
    deployment = copy_of(GROUND, Plant(spec_of(), template(), 8080), "k", "candidate", "http://source", None)
    about = deployment["spec"]["template"]["metadata"]
    assert not {"app", "argocd.argoproj.io/instance"} & set(about["labels"])
    assert deployment["spec"]["selector"]["matchLabels"].items() <= about["labels"].items()
    assert about["annotations"]["prometheus.io/port"] == "9090"
    assert "vault.example.com/role" not in about["annotations"]


def test_each_path_of_the_source_is_laid_over_the_images():
    """By subPath, read only, into the container that is measured."""
    deployment = copy_of(GROUND, Plant(spec_of(), template(), 8080), "k", "candidate", "http://source", None)
    body = deployment["spec"]["template"]["spec"]
    mounts = {m["mountPath"]: m for m in body["containers"][0]["volumeMounts"] if m["name"] == "setpoint-tree"}
    assert {path: mount["subPath"] for path, mount in mounts.items()} == {"/app/src": "src", "/app/app.py": "app.py"}
    assert all(mount["readOnly"] for mount in mounts.values())
    assert not body["containers"][1].get("volumeMounts")
    assert body["initContainers"][0]["name"] == "tree"


def test_an_image_takes_the_place_of_the_targets():
    """And no tree is fetched then."""
    plant = Plant(spec_of(source=None, image="registry/app:{sha}"), template(), 8080)
    body = copy_of(GROUND, plant, "k", "control", "http://source", "registry/app:abc")["spec"]["template"]["spec"]
    assert [box["image"] for box in body["containers"]] == ["registry/app:abc", "proxy:1"]
    assert names(body["initContainers"]) == ["migrate"]


def test_a_profile_puts_the_probe_before_the_services_own_path():
    """The measured container alone has it; no health check ends what a probe makes slow."""
    made = template()
    made["spec"]["containers"][0] |= {"livenessProbe": {}, "env": [{"name": "PYTHONPATH", "value": "/own"}]}
    environment = {"PYTHONPATH": "/probe/inject", "SETPOINT_PROBE": "/probe"}
    mount = {"name": "probe", "mountPath": "/probe"}
    plant = Plant(spec_of(), made, 8080)
    body = profiled(plant, GROUND, [], step(GROUND, "diagnose", (mount,)), environment, mount)
    app = next(box for box in body["initContainers"] if box["name"] == "app")
    assert {one["name"]: one["value"] for one in app["env"]}["PYTHONPATH"] == "/probe/inject:/own"
    assert app["restartPolicy"] == "Always"
    assert "livenessProbe" not in app
    assert names(body["containers"]) == ["step"]
    assert body["containers"][0]["securityContext"]["runAsNonRoot"] is True
    assert body["shareProcessNamespace"] is True


def test_a_volume_of_the_target_is_not_taken_for_one_of_the_leaders():
    """Many services have one that is called tmp."""
    made = template()
    made["spec"]["volumes"].append({"name": "tmp", "emptyDir": {}})
    made["spec"]["containers"][0]["volumeMounts"].append({"name": "tmp", "mountPath": "/tmp"})
    body = profiled(
        Plant(spec_of(), made, 8080), GROUND, [], step(GROUND, "diagnose"), {"PYTHONPATH": "/p"}, {"name": "probe"}
    )
    assert names(body["volumes"]) == ["target-cache", "target-tmp"]
    app = next(box for box in body["initContainers"] if box["name"] == "app")
    assert names(app["volumeMounts"]) == ["target-cache", "target-tmp", "probe"]
    assert names(body["containers"][0]["volumeMounts"]) == ["order", "tmp"]


@pytest.mark.parametrize(
    ("target", "found"), [("http", 8080), (9000, 9000), ("nowhere", None)], ids=["name", "number", "none"]
)
def test_the_port_of_the_containers_is_found_through_the_service(target, found):
    """As kube-proxy would."""
    service = {"spec": {"ports": [{"name": "http", "port": 80, "targetPort": target}]}}
    assert target_port(service, "http", template()["spec"]["containers"]) == found
    assert target_port(service, "other", []) is None
