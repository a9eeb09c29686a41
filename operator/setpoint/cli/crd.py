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
    emit(HEAD + yaml.dump(crd(), Dumper=_Plain, sort_keys=False, width=120, allow_unicode=True))
    return 0


class _Plain(yaml.SafeDumper):
    """Parts that are equal are written out, not referred to."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        return True
