"""kubectl of the project's environment, on one kubeconfig."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed.places import TestbedError

PROGRAM = Path(sys.executable).parent / "kubectl"


@dataclass(frozen=True)
class Kubectl:
    """Calls kubectl; an error carries what kubectl said."""

    kubeconfig: Path

    def __call__(self, *arguments: str, given: str | None = None, timeout: float = 120) -> str:
        """Runs one command and gives its standard output; `given` is its standard input."""
        done = self.attempt(*arguments, given=given, timeout=timeout)
        if done.returncode != 0:
            raise TestbedError(f"kubectl {' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def attempt(
        self, *arguments: str, given: str | None = None, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Runs one command whatever its end."""
        environment = {**os.environ, "KUBECONFIG": str(self.kubeconfig)}
        return subprocess.run(
            [str(PROGRAM), *arguments], input=given, env=environment, capture_output=True, text=True, timeout=timeout
        )

    def json(self, *arguments: str) -> Any:
        """Runs one command with -o json and gives what it answered."""
        return json.loads(self(*arguments, "-o", "json"))

    @contextmanager
    def forward(self, what: str, port: int, *arguments: str) -> Iterator[str]:
        """The address on this machine of a service's or pod's port, for as long as the context."""
        command = [str(PROGRAM), "port-forward", what, f":{port}", "--address=127.0.0.1", *arguments]
        environment = {**os.environ, "KUBECONFIG": str(self.kubeconfig)}
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            try:
                first = process.stdout.readline() if process.stdout else ""
                local = re.search(r"127\.0\.0\.1:(\d+)", first)
                if not local:
                    raise TestbedError(f"kubectl port-forward {what} gave no address")
                yield f"http://127.0.0.1:{local.group(1)}"
            finally:
                process.kill()

    def apply(self, *documents: dict[str, Any], namespace: str = "default") -> str:
        """Applies these objects."""
        listing = {"apiVersion": "v1", "kind": "List", "items": list(documents)}
        return self("apply", "--namespace", namespace, "--filename", "-", given=json.dumps(listing))
