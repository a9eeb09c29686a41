"""`setpoint init`: write a constraints file to begin with, or the description of an agent that works by it."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from setpoint.api.constraints import Constraints
from setpoint.api.errors import InputError
from setpoint.api.metrics import Metrics
from setpoint.api.ports import Asked
from setpoint.api.spec import Load, LocalTarget
from setpoint.api.validating import Place, validate
from setpoint.cli.arguments import service_url
from setpoint.cli.starting import starting_file
from setpoint.cli.streams import emit
from setpoint.cli.tell import SystemClock, tell_people
from setpoint.control.files import write_whole

FILE = Path("performance-constraints.yaml")
AGENT = Path(".claude/agents/performance-optimizer.md")
WARMUP_SECONDS = 3.0
MOST_FAILED = 0.5
# Everything is asked for; the limits are not used. Memory as the page tells it: the processes may be anywhere.
_EVERYTHING = Constraints.model_validate(
    {"memory": {"max_mb": 1}, "heap": {"max_retained_growth_slope": 0}, "cardinality": {"growth_rate": "bounded"}}
)
_QUERIES: Mapping[str, str] = MappingProxyType({"memory": "process_resident_memory_bytes"})


def register(parser: ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("--url", help="a running service, for example http://127.0.0.1:8080; it gets a short load")
    parser.add_argument("--path", default="/", help="what to ask it for (/)")
    parser.add_argument("--method", default="GET", help="how (GET)")
    parser.add_argument("--body", help="with what body")
    parser.add_argument("--rate", type=float, default=10.0, help="requests a second (10)")
    parser.add_argument("--duration", default="15s", help="for how long (15s)")
    parser.add_argument("--metrics", metavar="PATH", default="/metrics", help="its Prometheus page (/metrics)")
    parser.add_argument("--file", type=Path, help=f"where to write ({FILE}, with --agent {AGENT})")
    parser.add_argument("--agent", action="store_true", help="write the description of a coding agent instead")
    parser.add_argument("--force", action="store_true", help="replace a file that is there")


def execute(args: Namespace) -> int:
    """Write the file and print its path."""
    file = args.file or (AGENT if args.agent else FILE)
    if file.is_dir():
        raise InputError(f"{file} is a folder", instead=f"name the file, for example {file / FILE.name}")
    if args.agent and args.url is not None:
        raise InputError("--agent looks at no service", instead="leave --url away, or call the command twice")
    if file.exists() and not args.force:
        raise InputError(f"{file} is there already", instead="add --force to replace it, or --file for another")
    write_whole(file, _agent() if args.agent else _constraints(args))
    emit(f"{file}\n")
    return 0


def _agent() -> str:
    return files("setpoint.cli").joinpath("agent.md").read_text(encoding="utf-8")


def _constraints(args: Namespace) -> str:
    request = {"path": args.path, "method": args.method.upper(), "rate": args.rate, "body": args.body}
    load = validate(
        Load, {"http": request, "warmup": WARMUP_SECONDS, "duration": args.duration}, Place("the command line")
    )
    assert load.http is not None
    validate(LocalTarget, {"command": ["service"], "metrics": args.metrics}, Place("the command line"))
    if args.url is None:
        return starting_file(load.http, args.metrics, None)
    seen = _look(service_url("--url", args.url), load, args.metrics)
    return starting_file(load.http, args.metrics if seen.signals.cardinality else None, seen)


@dataclass(slots=True)
class _Service:
    """A service that somebody else runs: a copy whose processes we know nothing of."""

    url: str
    name: str = "service"

    def alive(self) -> bool:
        return True

    def pids(self) -> Sequence[int]:
        return ()

    def output(self) -> str:
        return ""


def _look(url: str, load: Load, metrics_path: str) -> Metrics:
    """A short load on the service, and what its metrics page says meanwhile."""
    from setpoint.load.k6 import K6Loader
    from setpoint.sense.local import LocalSensor
    from setpoint.verify.measure import Rig, measure

    sensor = LocalSensor(Asked(_EVERYTHING, queries=_QUERIES, metrics_path=metrics_path))
    tell = tell_people()
    assert load.http is not None
    tell.step(f"{load.http.rate:g} requests a second to {url}{load.http.path} for {load.warmup + load.duration:.0f} s")
    seen = measure(Rig(K6Loader(), sensor, SystemClock(), tell, load), {"service": _Service(url)}, commit="")["service"]
    for unread in dict.fromkeys(fault.message for fault in seen.faults):
        tell.step(f"not read, so not in the file: {unread}")
    errors = seen.signals.errors
    failed, total = (errors.failed or 0, errors.total or 0) if errors else (0, 0)
    if not total or failed > MOST_FAILED * total:
        raise InputError(
            f"{failed:.0f} of {total:.0f} requests to {url}{load.http.path} failed",
            instead="see that the service runs, and give --path, --method and --body that it answers",
        )
    return seen
