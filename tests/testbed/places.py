"""Where the testbed keeps its things, and the numbers that everything in it agrees on."""

import os
import sys
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
MODULES = HERE / "modules"
MANIFESTS = HERE / "manifests"

# What is slow to build stays here between checkouts.
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "setpoint" / "testbed"
# There is one cluster on a machine, whichever checkout started it; $TESTBED=name is another one beside it, all its own.
NAME = os.environ.get("TESTBED", "")
CGROUP = f"setpoint-testbed-{NAME}" if NAME else "setpoint-testbed"
# Not below /var/lib, which the node hides from itself.
STATE = Path("/var/cache") / CGROUP
KUBECONFIG = STATE / "kubeconfig"
AUDIT_LOG = STATE / "audit.log"
LOGS = STATE / "logs"

NODE = "testbed"
NODE_ADDRESS = "10.244.0.1"
POD_RANGE = "10.244.0.0/24"
SERVICE_RANGE = "10.96.0.0/16"
KUBERNETES_ADDRESS = "10.96.0.1"
DNS_ADDRESS = "10.96.0.10"
# The API's port on the machine's own loopback.
OUTSIDE_PORT = 16500 + zlib.crc32(NAME.encode()) % 1000 if NAME else 16443


def say(message: str) -> None:
    """One plain line of progress."""
    print(f"testbed: {message}", file=sys.stderr, flush=True)


class TestbedError(Exception):
    """Something that a person has to see to; its text is all they need."""

    __test__ = False
