"""`setpoint forge publish|report|poll|close`: what a forge's Job runs. The order is JSON, and so is the result.

On standard output there is exactly one JSON object: the result (exit code 0), or, when the order was not carried out,
`error` (the error's class), `message` and, if it makes sense to try again, `retryAfter` in seconds. With `--ending`
the result stands once more on the last line, as every step of a pod says it.
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
from setpoint.cli.ending import say_result, told
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
    parser.add_argument("--ending", type=Path, metavar="FILE", help="leave a word there about how it ended")


def execute(args: Namespace) -> int:
    """Carry the order out, and print what came of it."""
    tokens = [Token()]
    with told(args.ending, lambda said: tokens[-1].redact(said)):
        result = _carry_out(args, tokens)
        if args.ending:
            say_result(ForgeResult.model_validate_json(tokens[-1].redact(result.model_dump_json())), args.ending)
    return 0


def _carry_out(args: Namespace, tokens: list[Token]) -> ForgeResult:
    """What came of the order, which is printed too. The token goes to `tokens` as soon as it is known."""
    model, work = JOBS[args.job]
    try:
        name = name_of(args.order)
        order = validate(model, read_json(read_text(args.order, LARGEST_ORDER), name), Place(name))
        tokens.append(read_token(order.hosting.token_file))
        result = work(order)
    except SetpointError as error:
        after = error.retry_after if isinstance(error, ForgeBusy) else None
        said = "; ".join((str(error), *getattr(error, "__notes__", ())))
        problem = ForgeProblem(error=type(error).__name__, message=said, retry_after=after)
        _print(problem.to_json(), tokens[-1])
        raise
    _print(result.to_json(), tokens[-1])
    return result


def _print(said: dict[str, Any], token: Token) -> None:
    """Whatever a forge may have put into its answers, the token is in none of ours."""
    emit(token.redact(json.dumps(said, ensure_ascii=False, indent=2)) + "\n")
