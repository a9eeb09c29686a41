"""The same Gitea inside the cluster, as http://gitea.forge:3000.

with ClusterGitea(kubectl) as gitea:                          # as GiteaServer; its data lives as long as its pod
    address = gitea.inside(gitea.repository("shop", "checkout", folder))      # what pods clone
"""

import contextlib
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from testbed import builder, gitea_server
from testbed.gitea_server import BOT_SCOPES, GiteaServer, Person
from testbed.kubectl import Kubectl
from testbed.places import HERE
from testbed.providers import chosen

IMAGE = "setpoint.dev/testbed/gitea:1"
INSIDE = "http://gitea.forge:3000"
_FILES = HERE / "forge"
_NAMESPACE = ("--namespace", "forge")


def image() -> Path:
    """The archive of its image."""
    built = gitea_server.program()
    with tempfile.TemporaryDirectory() as scratch:
        context = Path(scratch)
        shutil.copy(_FILES / "Dockerfile", context)
        shutil.copy(built / "gitea", context)
        gitea_server.static_files(context / "static")
        return builder.archive(IMAGE, [_FILES / "Dockerfile", built.name], context)


class ClusterGitea(GiteaServer):
    """Installed when it is not there; stays in the cluster. `url` works from outside, for as long as the context."""

    def __init__(self, kubectl: Kubectl) -> None:
        self._kubectl = kubectl
        self._ends = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._ends.enter_context(self._brought_up())
        return self

    @contextlib.contextmanager
    def _brought_up(self) -> Iterator[None]:
        chosen().load([image()])
        self._kubectl("apply", "--server-side", "--filename", str(_FILES / "gitea.yaml"))
        self._kubectl("rollout", "status", "deployment/gitea", *_NAMESPACE, "--timeout=120s", timeout=150)
        with self._kubectl.forward("service/gitea", 3000, *_NAMESPACE) as self.url:
            # Whoever was here before had other passwords.
            unique = secrets.token_hex(3)
            self.admin = self._make_cluster_admin(f"admin-{unique}")
            self.bot = self.person(f"setpoint-bot-{unique}", BOT_SCOPES)
            self.writer, self.reader = self.person(f"writer-{unique}"), self.person(f"reader-{unique}")
            yield

    def inside(self, address: str) -> str:
        """An address of ours as pods reach it."""
        return address.replace(self.url, INSIDE, 1)

    def logs(self) -> str:
        """All that it has said."""
        return self._kubectl("logs", "deployment/gitea", *_NAMESPACE)

    def _make_cluster_admin(self, name: str) -> Person:
        password = secrets.token_hex(16)
        given = (f"--username={name}", f"--password={password}", f"--email={name}@example.com")
        command = ("gitea", "--config", "/etc/gitea/app.ini", "admin", "user", "create", "--admin", *given)
        self._kubectl("exec", "deployment/gitea", *_NAMESPACE, "--", *command, "--must-change-password=false")
        return Person(name, password, self.token(name, password, ("all",)))

    def _end(self) -> None:
        self._ends.close()
