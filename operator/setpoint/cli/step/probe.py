"""`setpoint step probe`: put the probe where a Python of the service's own image finds it.

The service is started with PYTHONPATH=DIR/inject and SETPOINT_PROBE=DIR, and SETPOINT_PROBE_TREE where its source is
not in its working folder. DIR is where the probe and whoever leads it leave each other word, too.
"""

import shutil
from argparse import Namespace

from setpoint.repair.evidence.control import INJECT


def carry_out(args: Namespace) -> None:
    """Copy it. Whoever the service runs as reads it, and writes beside it."""
    inject = args.into / INJECT.name
    inject.mkdir(parents=True, exist_ok=True)
    for folder, into in ((INJECT.parent, args.into), (INJECT, inject)):
        for file in folder.glob("*.py"):
            shutil.copyfile(file, into / file.name)
            (into / file.name).chmod(0o644)
    inject.chmod(0o755)
    if args.into.stat().st_mode & 0o777 != 0o777:
        args.into.chmod(0o777)
