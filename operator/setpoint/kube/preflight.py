"""What has to be there before a run begins and that no watch tells of: the Service, the script, the commit."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from setpoint.api.resource import KeyOf, ResourceSpec
from setpoint.kube.cluster import Cluster, path_of
from setpoint.kube.facts import Constraint
from setpoint.kube.kept import Told
from setpoint.kube.plan import Plan
from setpoint.kube.target import service_port


@dataclass(frozen=True, slots=True)
class Ready:
    """`missing` is for `condition`; where it is None, the load goes to `url`, and `revision` is deployed."""

    url: str | None = None
    revision: str | None = None
    missing: Told | None = None
    condition: str = "TargetAvailable"


def look_for(cluster: Cluster, constraint: Constraint, plan: Plan) -> Ready:
    """Look for everything that `plan` needs besides its Deployment."""
    spec = plan.spec
    assert spec is not None and plan.deployed is not None
    revision = revision_of(cluster, constraint.namespace, spec, plan.deployed.images)
    if spec.load is None:
        return Ready(revision=revision)
    target = spec.target
    service = cluster.find(path_of("v1", "services", constraint.namespace, target.service))
    if service is None:
        return _missing(f"there is no Service {target.service}")
    if (service.get("spec") or {}).get("type") == "ExternalName":
        return _missing(f"the Service {target.service} is an ExternalName: load is only sent to what runs beside it")
    if not _selects(service, plan.deployed.labels):
        return _missing(f"the Service {target.service} does not select the pods of the Deployment {target.deployment}")
    port = service_port(service, target.port)
    if port is None:
        return _missing(f"the Service {target.service} has no port {target.port}")
    if spec.load.script and (trouble := _script(cluster, constraint.namespace, spec.load.script)):
        return Ready(missing=Told(status="False", reason="ScriptError", message=trouble), condition="LoadGenerated")
    return Ready(url=f"http://{target.service}.{constraint.namespace}.svc:{port}", revision=revision)


def _selects(service: dict[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether the Service's requests go to these pods. One without a selector may lead anywhere."""
    selector = (service.get("spec") or {}).get("selector") or {}
    return bool(selector) and selector.items() <= labels.items()


def _missing(message: str) -> Ready:
    return Ready(missing=Told(status="False", reason="NotFound", message=message))


def _script(cluster: Cluster, namespace: str, script: KeyOf) -> str:
    found = cluster.find(path_of("v1", "configmaps", namespace, script.config_map))
    if found is None:
        return f"there is no ConfigMap {script.config_map} with the load's script"
    text = (found.get("data") or {}).get(script.key) or (found.get("binaryData") or {}).get(script.key)
    return "" if text else f"the ConfigMap {script.config_map} has no key {script.key}, or it is empty"


def revision_of(cluster: Cluster, namespace: str, spec: ResourceSpec, images: tuple[str, ...]) -> str | None:
    """The deployed commit, as spec.repair.source.revision says where to find it; None: it is not known."""
    said = spec.repair.source.revision if spec.repair.source else None
    if said is None:
        return None
    if said.image_tag is not None:
        return _in_tag(said.image_tag, images)
    found = cluster.find(path_of("apps/v1", "deployments", namespace, spec.target.deployment)) or {}
    return _commit(_annotation(found, said.annotation or ""))


def _annotation(deployment: dict[str, Any], name: str) -> str:
    template = ((deployment.get("spec") or {}).get("template") or {}).get("metadata") or {}
    places = (template, deployment.get("metadata") or {})
    return next((value for place in places if (value := (place.get("annotations") or {}).get(name))), "")


def _in_tag(pattern: str, images: tuple[str, ...]) -> str | None:
    before, _, after = pattern.partition("{sha}")
    wanted = re.compile(re.escape(before) + r"([0-9a-f]{7,64})" + re.escape(after))
    tags = (image.rpartition("/")[2].partition("@")[0].partition(":")[2] for image in images)
    return next((match[1] for tag in tags if (match := wanted.fullmatch(tag))), None)


def _commit(text: str) -> str | None:
    return text if re.fullmatch(r"[0-9a-f]{7,64}", text) else None
