"""Keys, certificates and tokens of one control plane, and the kubeconfigs that use them."""

import base64
import json
import secrets
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

# user name, user's file name, groups
USERS = (
    ("admin", "admin", "system:masters"),
    ("system:kube-controller-manager", "controller-manager", ""),
    ("system:kube-scheduler", "scheduler", ""),
    ("system:kube-proxy", "proxy", ""),
    ("system:node:testbed", "kubelet", "system:nodes"),
)


@dataclass(frozen=True)
class Identity:
    """The files of one control plane's identity, all in one folder that only its owner reads."""

    folder: Path
    tokens: dict[str, str] = field(default_factory=lambda: {file: secrets.token_hex(16) for _, file, _ in USERS})

    def file(self, name: str) -> Path:
        """The path of one of them."""
        return self.folder / name

    def make(self, addresses: Sequence[str]) -> None:
        """Writes all of them; the server's certificate is for these addresses and names."""
        self.folder.mkdir(mode=0o700, parents=True)
        self._key("ca.key")
        self._openssl(
            "req", "-x509", "-new", "-key", "ca.key", "-subj", "/CN=setpoint-testbed", "-days", "30", "-out", "ca.crt"
        )
        self._certificate("server", "/CN=kube-apiserver", "serverAuth", addresses)
        self._certificate("to-kubelet", "/O=system:masters/CN=kube-apiserver-kubelet-client", "clientAuth", ())
        self._openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "accounts.key")
        self._openssl("pkey", "-in", "accounts.key", "-pubout", "-out", "accounts.pub")
        lines = [f'{self.tokens[file]},{user},{file},"{groups}"\n' for user, file, groups in USERS]
        self.file("tokens.csv").write_text("".join(lines))

    def kubeconfig(self, path: Path, user: str, server: str) -> Path:
        """Writes a kubeconfig for one of the users."""
        authority = base64.b64encode(self.file("ca.crt").read_bytes()).decode()
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "testbed", "cluster": {"server": server, "certificate-authority-data": authority}}],
            "users": [{"name": user, "user": {"token": self.tokens[user]}}],
            "contexts": [{"name": "testbed", "context": {"cluster": "testbed", "user": user}}],
            "current-context": "testbed",
        }
        path.touch(mode=0o600)
        path.write_text(json.dumps(document, indent=2))
        return path

    def _key(self, name: str) -> None:
        self._openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", name)

    def _certificate(self, name: str, subject: str, usage: str, addresses: Sequence[str]) -> None:
        self._key(f"{name}.key")
        self._openssl("req", "-new", "-key", f"{name}.key", "-subj", subject, "-out", f"{name}.csr")
        kinds = [f"IP:{address}" if address[0].isdigit() else f"DNS:{address}" for address in addresses]
        names = f"subjectAltName={','.join(kinds)}\n" if kinds else ""
        self.file(f"{name}.ext").write_text(f"extendedKeyUsage={usage}\n{names}")
        signing = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30", "-extfile", f"{name}.ext"]
        self._openssl("x509", "-req", "-in", f"{name}.csr", *signing, "-out", f"{name}.crt")

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)
