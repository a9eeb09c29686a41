"""`setpoint forge publish|report|poll|close`: what a forge's Job runs. The order is JSON, and so is the result.

On standard output there is exactly one JSON object: the result (exit code 0), or, when the order was not carried out,
`error` (the error's class), `message` and, if it makes sense to try again, `retryAfter` in seconds.
"""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from setpoint.api.errors import ForgeBusy, SetpointError
from setpoint.api.forge import CloseJob, ForgeOrder, ForgeProblem, ForgeResult, PollJob, PublishJob, ReportJob
from setpoint.api.text_files import name_of, read_json, read_text
from setpoint.api.validating import Place, validate
from setpoint.cli.streams import emit
from setpoint.forge import jobs
from setpoint.forge.token import Token, read_token

LARGEST_ORDER = 2 * 2**20
JOBS: dict[str, tuple[type[ForgeOrder], Callable[[Any], ForgeResult]]] = {
    "publish": (PublishJob, jobs.publish),
    "report": (ReportJob, jobs.report),
    "poll": (PollJob, jobs.poll),
    "close": (CloseJob, jobs.close),
}


def register(parser: ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("job", choices=JOBS, help="what to do")
    parser.add_argument("--order", type=Path, required=True, metavar="FILE", help="the order, JSON (-: standard input)")


def execute(args: Namespace) -> int:
    """Carry the order out, and print what came of it."""
    model, work = JOBS[args.job]
    token = Token()
    try:
        name = name_of(args.order)
        order = validate(model, read_json(read_text(args.order, LARGEST_ORDER), name), Place(name))
        token = read_token(order.hosting.token_file)
        _print(work(order).to_json(), token)
    except SetpointError as error:
        after = error.retry_after if isinstance(error, ForgeBusy) else None
        said = "; ".join((str(error), *getattr(error, "__notes__", ())))
        problem = ForgeProblem(error=type(error).__name__, message=said, retry_after=after)
        _print(problem.to_json(), token)
        raise
    return 0


def _print(said: dict[str, Any], token: Token) -> None:
    """Whatever a forge may have put into its answers, the token is in none of ours."""
    emit(token.redact(json.dumps(said, ensure_ascii=False, indent=2)) + "\n")
