"""What keeps a load on its target: a NetworkPolicy for the load pods of a constraint, there before the first of them.

It stays until its constraint goes, and so also while a pod of a load that was ended is still ending.
"""

from typing import Any

from setpoint.control.ids import digest
from setpoint.kube.cluster import Cluster, path_of
from setpoint.kube.dns import to_names
from setpoint.kube.load_job import LoadRequest
from setpoint.kube.names import CONSTRAINT, LOAD, ROLE, belongs_to, metadata
from setpoint.kube.refusals import ClusterFailed
from setpoint.kube.target import port_of

Object = dict[str, Any]


def policy_of(request: LoadRequest, service: Object) -> Object:
    """The pods behind `service` on the port that is loaded, the names of the cluster, and nothing else. Pure.

    Raises ClusterFailed where the Service leads to no pods, or has no such port (any more).
    """
    selector = (service.get("spec") or {}).get("selector")
    port = port_of(service, request.spec.target.port)
    if not selector or port is None:
        target = request.spec.target
        raise ClusterFailed(f"the Service {target.service} leads to no pods on a port {target.port}")
    there = {"protocol": "TCP", "port": port.get("targetPort") or port["port"]}
    name = f"setpoint-load-{digest('policy', request.owner['uid'])}"
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(name, request.owner, LOAD, request.run),
        "spec": {
            "podSelector": {"matchLabels": {CONSTRAINT: request.owner["uid"], ROLE: LOAD}},
            "policyTypes": ["Ingress", "Egress"],
            "egress": [
                {"to": [{"podSelector": {"matchLabels": dict(selector)}}], "ports": [there]},
                to_names(),
            ],
        },
    }


def restrain(cluster: Cluster, request: LoadRequest) -> None:
    """See to it that the policy is there, and is about the target as it is now. Raises ClusterFailed."""
    namespace = request.owner["namespace"]
    wanted = policy_of(request, cluster.get(path_of("v1", "services", namespace, request.spec.target.service)))
    path, name = path_of("networking.k8s.io/v1", "networkpolicies", namespace), wanted["metadata"]["name"]
    found = cluster.find(f"{path}/{name}")
    if found is not None and not belongs_to(found, request.owner["uid"]):
        raise ClusterFailed(f"the NetworkPolicy {name} is not ours; delete it, its name is needed")
    if found is not None and found["spec"] == wanted["spec"]:
        return
    if found is not None:  # the target has another port or selector; no load of the constraint runs now
        cluster.delete(f"{path}/{name}", uid=found["metadata"]["uid"])
    cluster.create(path, wanted)
