"""`setpoint step tree`: the tree of a commit, and a patch on it, in a folder that other programs then use."""

import os
from argparse import Namespace

from setpoint.api.remedy import LARGEST_PATCH
from setpoint.api.text_files import read_text
from setpoint.forge.fetching import fetch_tree
from setpoint.forge.throwaway import apply_patch
from setpoint.forge.unpacking import look_again


def carry_out(args: Namespace) -> None:
    """Fetch, unpack, patch."""
    os.umask(0o022)
    patch = read_text(args.patch, LARGEST_PATCH) if args.patch else ""
    fetch_tree(args.source, args.into)
    if patch:
        apply_patch(args.into, patch)
        look_again(args.into)
