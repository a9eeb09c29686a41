"""`setpoint gateway`: the model gateway of a cluster."""

import asyncio
import logging
import os
import re
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from setpoint.api.errors import InputError

_AMOUNT = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")


def register(parser: ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument(
        "--listen", default="0.0.0.0:8081", metavar="HOST:PORT", help="for calls (default: 0.0.0.0:8081)"
    )
    parser.add_argument("--health", default="0.0.0.0:8080", metavar="HOST:PORT", help="for /healthz, /readyz, /metrics")
    parser.add_argument(
        "--upstream", default="https://api.anthropic.com", metavar="URL", help="the Messages API (default: Anthropic's)"
    )
    parser.add_argument("--key-file", type=Path, required=True, metavar="FILE", help="holds the key; read at each call")
    parser.add_argument("--usd-per-day", default="50", metavar="AMOUNT", help="of all constraints (default: 50)")
    parser.add_argument(
        "--usd-per-constraint-per-day", default="20", metavar="AMOUNT", help="of each constraint (default: 20)"
    )
    parser.add_argument("--kubeconfig", metavar="FILE", help="default: the cluster that it runs in, else KUBECONFIG")
    parser.add_argument("--context", metavar="NAME", help="of the kubeconfig")


def execute(args: Namespace) -> int:
    """Run until SIGTERM or Ctrl-C; 0 when it stopped in good order."""
    from setpoint.gateway.accounts import DayLimits
    from setpoint.gateway.book import Book
    from setpoint.gateway.running import Running
    from setpoint.gateway.service import Key, Service
    from setpoint.kube.cluster import connect
    from setpoint.kube.gateway import GrantsMap, LedgerMap, TokenReviews
    from setpoint.kube.logs import begin_logging

    each = _dollars(args.usd_per_constraint_per_day, "--usd-per-constraint-per-day")
    limits = DayLimits(each, _dollars(args.usd_per_day, "--usd-per-day"))
    service = Service(_address(args.upstream), Key(args.key_file))
    begin_logging(os.environ.get("SETPOINT_LOG_LEVEL", "INFO"))
    own = os.environ.get("SETPOINT_NAMESPACE", "setpoint-system")
    cluster = connect(args.kubeconfig, args.context, user_agent="setpoint-gateway")
    book = Book(LedgerMap(cluster, own), limits)
    running = Running(TokenReviews(cluster), GrantsMap(cluster, own), book, service, _audit)
    asyncio.run(running.run(args.listen, args.health))
    return 0


def _audit(line: Mapping[str, str]) -> None:
    """One line for each call, with its fields."""
    from setpoint.kube.logs import about

    with about(**line):
        logging.getLogger("setpoint.gateway.audit").info("call: %s", line["outcome"])


def _dollars(text: str, where: str) -> Decimal:
    if not _AMOUNT.fullmatch(text):
        raise InputError(f"{text!r} is not an amount of US dollars", where=where, instead="write for example 20.00")
    return Decimal(text)


def _address(url: str) -> str:
    from setpoint.api.configuration import ADDRESS

    if not ADDRESS.fullmatch(url):
        instead = "write for example https://api.anthropic.com"
        raise InputError(f"{url!r} is no address", where="--upstream", instead=instead)
    return url
