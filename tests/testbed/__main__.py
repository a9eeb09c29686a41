"""python -m testbed up | down | status | images | enter COMMAND...   ($CLUSTER: own, kind or current)"""

import os
import subprocess
import sys

from testbed import cluster
from testbed.places import TestbedError
from testbed.providers import chosen

_COMMANDS = ("up", "down", "status", "images")


def main(words: list[str]) -> int:
    """Runs one command; its errors are one line."""
    name, *rest = words or [""]
    try:
        if name == "enter" and rest:
            command = cluster.entered(*rest)
            os.execvp(command[0], command)
        if name in _COMMANDS and not rest:
            return getattr(chosen(), name)() or 0
    except (TestbedError, OSError, subprocess.SubprocessError) as error:
        print(f"testbed: {error}", file=sys.stderr)
        return 1
    print(f"usage: python -m testbed {' | '.join(_COMMANDS)} | enter COMMAND...", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
