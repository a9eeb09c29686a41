"""Configuration of the container runtime and of the kubelet."""

import json
from pathlib import Path

from testbed.identity import Identity
from testbed.places import CGROUP, DNS_ADDRESS, NODE_ADDRESS, POD_RANGE, STATE

PAUSE_IMAGE = "setpoint.dev/testbed/pause:1"
SOCKET = "/run/containerd/containerd.sock"

_CONTAINERD = f"""\
version = 2
[grpc]
  address = "{SOCKET}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{STATE}/cni"
"""

_NETWORK = {
    "cniVersion": "0.4.0",
    "name": "pods",
    "plugins": [
        {
            "type": "bridge",
            "bridge": "cni0",
            "isGateway": True,
            "isDefaultGateway": True,
            "hairpinMode": True,
            "ipam": {"type": "host-local", "ranges": [[{"subnet": POD_RANGE, "gateway": NODE_ADDRESS}]]},
        }
    ],
}


def containerd() -> list[str]:
    """Writes the runtime's configuration; gives its command line."""
    (STATE / "cni").mkdir(exist_ok=True)
    (STATE / "cni" / "pods.conflist").write_text(json.dumps(_NETWORK))
    (STATE / "containerd.toml").write_text(_CONTAINERD)
    return ["containerd", "--config", str(STATE / "containerd.toml"), "--log-level", "warn"]


def kubelet_configuration(identity: Identity) -> Path:
    """Writes the kubelet's configuration; gives its path."""
    resolv = STATE / "resolv.conf"
    resolv.write_text("")  # the cluster has no name server but its own
    configuration = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": NODE_ADDRESS,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(identity.file("ca.crt"))},
        },
        "authorization": {"mode": "Webhook"},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{CGROUP}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "clusterDomain": "cluster.local",
        "clusterDNS": [DNS_ADDRESS],
        "containerRuntimeEndpoint": f"unix://{SOCKET}",
        "resolvConf": str(resolv),
        # The disk is the machine's: only a nearly full one concerns the node.
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "2%", "imagefs.available": "2%"},
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
    }
    path = STATE / "kubelet.json"
    path.write_text(json.dumps(configuration, indent=2))
    return path
