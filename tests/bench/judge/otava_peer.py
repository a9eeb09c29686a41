"""apache-otava's own code on the labelled cases, in the environment that it needs: prints {id: result} as JSON."""

import json
import sys
from pathlib import Path

import baselines
import scoring


def main() -> None:
    """python otava_peer.py CASES [LIMIT]"""
    judge = baselines.gate(baselines.otava())
    cases = scoring.read_cases(Path(sys.argv[1]))[: int(sys.argv[2]) if len(sys.argv) > 2 else None]
    print(json.dumps({case.id: case.result for case in scoring.run(judge, cases)}))


if __name__ == "__main__":
    main()
