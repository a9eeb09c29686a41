"""The command lines of Kubernetes' parts, the same for a whole node and for a control plane alone."""

import json
from dataclasses import dataclass
from pathlib import Path

from testbed.identity import Identity
from testbed.places import NODE, NODE_ADDRESS, POD_RANGE, SERVICE_RANGE

# Who asked for what, without bodies: enough to count requests.
AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata"}],
}
LOCAL = "127.0.0.1"


@dataclass(frozen=True)
class ControlPlane:
    """Where one control plane runs and keeps its files."""

    programs: Path
    folder: Path
    identity: Identity
    api_port: int
    etcd_port: int
    etcd_peer_port: int
    controllers_port: int
    audit_log: Path
    bind: str
    advertise: str | None = None

    @property
    def server(self) -> str:
        """The API's address for the parts beside it."""
        return f"https://{LOCAL}:{self.api_port}"

    def etcd(self) -> list[str]:
        """The store, without waiting for the disk: nothing in it has to outlive the machine."""
        clients, peers = f"http://{LOCAL}:{self.etcd_port}", f"http://{LOCAL}:{self.etcd_peer_port}"
        return [
            str(self.programs / "etcd"), "--name=default", f"--data-dir={self.folder / 'etcd'}", "--unsafe-no-fsync",
            f"--listen-client-urls={clients}", f"--advertise-client-urls={clients}", f"--listen-peer-urls={peers}",
            f"--initial-advertise-peer-urls={peers}", f"--initial-cluster=default={peers}", "--log-level=warn",
        ]  # fmt: skip

    def apiserver(self) -> list[str]:
        """The API, with admission as by default, RBAC, tokens for its users and an audit log."""
        policy = self.folder / "audit-policy.json"
        policy.write_text(json.dumps(AUDIT_POLICY))
        file = self.identity.file
        endpoint = ["--endpoint-reconciler-type=none", f"--advertise-address={LOCAL}"]
        if self.advertise:
            endpoint = [f"--advertise-address={self.advertise}"]
        return [
            str(self.programs / "kube-apiserver"), f"--etcd-servers=http://{LOCAL}:{self.etcd_port}",
            f"--bind-address={self.bind}", f"--secure-port={self.api_port}", *endpoint,
            f"--service-cluster-ip-range={SERVICE_RANGE}", "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction", "--allow-privileged=true",
            f"--token-auth-file={file('tokens.csv')}", f"--tls-cert-file={file('server.crt')}",
            f"--tls-private-key-file={file('server.key')}", f"--cert-dir={self.folder}",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            f"--service-account-key-file={file('accounts.pub')}",
            f"--service-account-signing-key-file={file('accounts.key')}",
            f"--kubelet-client-certificate={file('to-kubelet.crt')}", f"--kubelet-client-key={file('to-kubelet.key')}",
            "--kubelet-preferred-address-types=InternalIP",
            f"--audit-policy-file={policy}", f"--audit-log-path={self.audit_log}",
            "--audit-log-maxsize=100000", "--profiling=false",
        ]  # fmt: skip

    def controller_manager(self) -> list[str]:
        """The controllers, each with its own service account."""
        return [
            str(self.programs / "kube-controller-manager"), f"--kubeconfig={self._kubeconfig('controller-manager')}",
            f"--bind-address={LOCAL}", f"--secure-port={self.controllers_port}", f"--cert-dir={self.folder}",
            "--use-service-account-credentials=true", "--leader-elect=false", "--profiling=false",
            f"--service-account-private-key-file={self.identity.file('accounts.key')}",
            f"--root-ca-file={self.identity.file('ca.crt')}", f"--service-cluster-ip-range={SERVICE_RANGE}",
        ]  # fmt: skip

    def scheduler(self) -> list[str]:
        """The scheduler."""
        return [
            str(self.programs / "kube-scheduler"), f"--kubeconfig={self._kubeconfig('scheduler')}",
            f"--bind-address={LOCAL}", f"--cert-dir={self.folder}", "--leader-elect=false", "--profiling=false",
        ]  # fmt: skip

    def proxy(self) -> list[str]:
        """Services on nftables; the kernel's connection tracking stays as it is."""
        return [
            str(self.programs / "kube-proxy"), f"--kubeconfig={self._kubeconfig('proxy')}", "--proxy-mode=nftables",
            f"--cluster-cidr={POD_RANGE}", f"--hostname-override={NODE}", "--conntrack-max-per-core=0",
            "--conntrack-tcp-timeout-established=0s", "--conntrack-tcp-timeout-close-wait=0s",
            f"--bind-address={NODE_ADDRESS}", f"--metrics-bind-address={LOCAL}:10249",
        ]  # fmt: skip

    def kubelet(self, configuration: Path) -> list[str]:
        """The node's agent."""
        return [
            str(self.programs / "kubelet"), f"--kubeconfig={self._kubeconfig('kubelet')}", f"--config={configuration}",
            f"--hostname-override={NODE}", f"--node-ip={NODE_ADDRESS}",
        ]  # fmt: skip

    def _kubeconfig(self, user: str) -> Path:
        return self.identity.kubeconfig(self.folder / f"{user}.kubeconfig", user, self.server)
