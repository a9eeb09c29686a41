"""All cases in one table. `python -m local.hostile.table` prints it; 1 when one escaped or was not tried."""

import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from local.hostile import agents, behaviour, patches, pods, policies, rendering, schemas
from local.hostile.cases import Case, EscapedError, without_canary

ALL: list[Case] = [
    *schemas.CASES,
    *patches.CASES,
    *pods.CASES,
    *policies.CASES,
    *rendering.CASES,
    *agents.CASES,
    *behaviour.CASES,
]


def main(cases: Sequence[Case] = ALL) -> int:
    """Run all, one after the other."""
    outcomes: Counter[str] = Counter()
    for case in cases:
        began = time.monotonic()
        outcome, said = tried(case)
        outcomes[outcome] += 1
        words = ascii(" ".join(said.split())[:90])[1:-1]
        print(f"{outcome:8} {case.layer:12} {case.name:44} {time.monotonic() - began:5.1f} s  {words}", flush=True)
    layers = ", ".join(f"{count} by {layer}" for layer, count in Counter(case.layer for case in cases).items())
    print(f"\n{len(cases)} hostile cases, {outcomes['ESCAPED']} escaped, {outcomes['fault:']} not tried; {layers}")
    return 0 if outcomes["stopped"] == len(cases) else 1


def tried(case: Case) -> tuple[str, str]:
    """What came of a case, and the words for it: a case that breaks was not tried, and the others still are."""
    try:
        with tempfile.TemporaryDirectory(prefix="setpoint-hostile-") as folder:
            said = case.run(Path(folder))
            without_canary(said)
    except EscapedError as error:
        return "ESCAPED", str(error)
    except Exception as error:
        return "fault:", f"{type(error).__name__}: {error}"
    return "stopped", said


if __name__ == "__main__":
    # Services are started with the python of their PATH: the one that has what they import.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    sys.exit(main())
