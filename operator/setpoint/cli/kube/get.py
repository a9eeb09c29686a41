"""`setpoint kube get`: how constraints stand, as a table or as the objects themselves."""

import json
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import Any


def register(parser: ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="with one: its rows too, and its exit code")


def execute(args: Namespace) -> int:
    """Without a name 0; with names the worst of theirs."""
    from setpoint.api.errors import InputError
    from setpoint.api.verdict import worst
    from setpoint.cli.kube.access import open_access
    from setpoint.cli.kube.reading import read
    from setpoint.cli.kube.standing import standing
    from setpoint.cli.output import exit_code
    from setpoint.cli.streams import emit

    if args.names and args.all_namespaces:
        raise InputError("a name and -A contradict each other", where="get", instead="write -n NAMESPACE")
    access = open_access(args, all_allowed=True)
    found = [access.one(name) for name in dict.fromkeys(args.names)] if args.names else access.all()
    emit(_json(found, bool(args.names)) if args.output == "json" else _table(found, args, access.namespace))
    if not args.names:
        return 0
    return exit_code(worst(tuple(standing(read(one)).result for one in found)))


def _json(found: Sequence[dict[str, Any]], named: bool) -> str:
    """As `kubectl get -o json`: one object, or a List. Whatever a terminal would act on is escaped."""
    for one in found:
        one["metadata"].pop("managedFields", None)
    value = found[0] if named and len(found) == 1 else {"apiVersion": "v1", "kind": "List", "items": list(found)}
    return json.dumps(value, indent=2) + "\n"


def _table(found: Sequence[dict[str, Any]], args: Namespace, namespace: str | None) -> str:
    from setpoint.cli.kube.listing import table, whole
    from setpoint.cli.kube.reading import read
    from setpoint.cli.output import colour, width

    constraints = [read(one) for one in found]
    if len(args.names) == 1:
        return whole(constraints[0], time.time(), width(), colour())
    if not constraints:
        return f"no constraints in {f'namespace {namespace}' if namespace else 'any namespace'}\n"
    return table(constraints, time.time(), width(), namespaced=namespace is None, colour=colour())
