"""`setpoint crd`: print the CustomResourceDefinition."""

from argparse import ArgumentParser, Namespace

import yaml

from setpoint.api.crd import crd
from setpoint.cli.streams import emit

HEAD = "# Made by `make crds` from operator/setpoint/api; not to be edited.\n"


def register(parser: ArgumentParser) -> None:
    """The command has no arguments of its own."""
    del parser


def execute(args: Namespace) -> int:
    """Standard output gets the CRD as YAML."""
    del args
    emit(HEAD + yaml.safe_dump(crd(), sort_keys=False, width=120, allow_unicode=True))
    return 0
