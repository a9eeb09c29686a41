"""Judges what a run came to, independently of Setpoint: by hidden tests beside the accepted branch."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from running import BIN, Ran, repository_folder

HIDDEN = Path(__file__).parent / "hidden"
LONGEST_SECONDS = 60


@dataclass(frozen=True)
class Judged:
    """`end` is one of ENDS; `why` says more in a sentence; `pattern` is the accepted proposal's."""

    service: str
    end: str
    seconds: float
    why: str


ENDS = ("verified", "wrong", "escalated", "not reproduced", "no breach", "inconclusive", "failed")


def judge(ran: Ran, expected: str, folder: Path) -> Judged:
    """What a run came to; an accepted change is `wrong` unless the service was to be repaired and now is."""
    end, why = _end(ran)
    if end == "verified":
        fault = _fault(ran, folder) if expected == "repaired" else "nothing was to be changed here"
        end, why = ("wrong", fault) if fault else (end, why)
    return Judged(ran.service, end, ran.seconds, why)


def _end(ran: Ran) -> tuple[str, str]:
    if not ran.record or not ran.record.get("verdict"):
        return "failed", f"exit code {ran.ended}: {(ran.talk.strip().splitlines() or ['no word'])[-1]}"
    remediation = ran.record.get("remediation")
    if not remediation:
        result = ran.record["verdict"]["result"]
        rows = ", ".join(f"{row['constraint']} {row.get('reason') or row['result']}" for row in _rows(ran, result))
        return {"Within": "no breach", "Inconclusive": "inconclusive"}.get(result, "failed"), f"{result}: {rows}"
    ended, message = remediation.get("ended"), remediation.get("message", "")
    if ended == "Verified":
        attempts = remediation["attempts"]
        return "verified", f"{attempts[-1]['proposal']['pattern']}, attempt {len(attempts)}"
    tried = "; ".join(
        f"{(each.get('proposal') or {}).get('pattern') or 'nothing'}: {each.get('why') or 'open'}"
        for each in remediation.get("attempts", ())
    )
    name = {"Escalated": "escalated", "NotReproduced": "not reproduced"}.get(ended, "failed")
    return name, f"{remediation.get('escalation', ended)}: {tried or message}"


def _rows(ran: Ran, result: str) -> list[dict]:
    return [row for row in ran.record["verdict"]["rows"] if row["result"] == result]


def _fault(ran: Ran, folder: Path) -> str:
    """Why the accepted branch is not a repair; empty when the hidden tests pass on it."""
    place = folder / "accepted" / ran.service
    shutil.rmtree(place, ignore_errors=True)
    branch = ran.record["remediation"]["pullRequest"]["branch"]
    source = repository_folder(ran.service, folder)
    subprocess.run(["git", "clone", "-q", "--branch", branch, source, place], check=True, capture_output=True)
    return hidden_fault(ran.service, place)


def hidden_fault(service: str, place: Path) -> str:
    """What the service's hidden tests find in the tree at `place`; empty when they pass."""
    shutil.copy(HIDDEN / f"{service.rpartition('/')[2].replace('-', '_')}.py", place / "hidden_judgement.py")
    shutil.copy(HIDDEN / "measuring.py", place / "hidden_measuring.py")
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [str(BIN / "python"), "-m", "unittest", "-q", "hidden_judgement"]
    try:
        ended = subprocess.run(
            command, cwd=place, env=environment, capture_output=True, text=True, timeout=LONGEST_SECONDS
        )
    except subprocess.TimeoutExpired:
        return f"the hidden tests did not end within {LONGEST_SECONDS} s"
    return "" if ended.returncode == 0 else f"hidden tests: {ended.stderr.strip()[-600:]}"
