"""`setpoint check`: judge a metrics.json against a constraints file. No cluster, no network."""

from argparse import ArgumentParser, Namespace
from pathlib import Path


def register(parser: ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("metrics", type=Path, metavar="METRICS", help="a metrics.json; - for standard input")
    parser.add_argument("constraints", type=Path, metavar="CONSTRAINTS", help="a constraints file, YAML or JSON")
    parser.epilog = "exit code: 0 within, 1 breached, 3 inconclusive, 2 a file cannot be read as what it should be"


def execute(args: Namespace) -> int:
    """Print the verdict in the chosen format."""
    from setpoint.api.loading import load_located_spec, load_metrics
    from setpoint.cli.output import exit_code, render_verdict
    from setpoint.cli.streams import emit
    from setpoint.judge import judge

    metrics = load_metrics(args.metrics)
    located = load_located_spec(args.constraints)
    verdict = judge(located.spec.constraints, metrics)
    emit(render_verdict(verdict, args.output, str(args.constraints), located.lines))
    return exit_code(verdict.result)
