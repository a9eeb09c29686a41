"""pull-request.md: the pull request of the local forge, for people, with a head that we read back."""

import os
import re
from pathlib import Path

import yaml

from setpoint.api.errors import ForgeFailed
from setpoint.api.remedy import PullRequest

FILE = "pull-request.md"
_FENCE = "---\n"
# A model may have chosen the title; Markdown shows these as themselves behind a backslash.
_SIGNS = re.compile(r"([\\`*_\[\]<>&|~])")
_LINKS = re.compile(r"(@|:(?=//)|\bwww(?=\.)|#(?=\d))")  # what a forge makes links of, when somebody pastes it there


def write_document(folder: Path, pull_request: PullRequest, title: str, body: str) -> None:
    """Write the document whole or not at all, whenever the process may be ended."""
    folder.mkdir(parents=True, exist_ok=True)
    head = yaml.safe_dump(pull_request.to_json(), sort_keys=False, allow_unicode=True)
    draft = "Draft: " if pull_request.draft else ""
    shown = _LINKS.sub("\\1\u200b", _SIGNS.sub(r"\\\1", one_line(title)))
    text = f"{_FENCE}{head}{_FENCE}\n# {draft}{shown}\n\n{body.strip()}\n"
    unfinished = folder / f".{FILE}.{os.getpid()}"
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(folder / FILE)


def read_document(folder: Path) -> PullRequest | None:
    """The pull request that the document in `folder` is about, if there is one. Raises ForgeFailed if it is spoilt."""
    path = folder / FILE
    if not path.exists():
        return None
    try:
        head = path.read_text(encoding="utf-8").removeprefix(_FENCE).partition(_FENCE)[0]
        return PullRequest.model_validate(yaml.safe_load(head))
    except (ValueError, yaml.YAMLError) as error:
        raise ForgeFailed(f"{path} has lost its first lines, which say what it is about; delete it") from error


def one_line(title: str, longest: int = 200) -> str:
    """A title as one line of printable text."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in title).split())[:longest]
