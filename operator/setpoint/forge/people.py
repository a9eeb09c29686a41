"""What people ask for in comments: `/setpoint stop`, `retry` or `approve`, at the start of a line.

Not in quotes, code blocks or HTML comments, not from those who may not push, not from machines (Setpoint included),
and not in a comment that was changed later: who changed it is not known.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from setpoint.api.forge import HostedPullRequest, IgnoredCommand, Mark, PersonCommand
from setpoint.forge.port import Comment, Forge

MOST_COMMENTS = 1000
Verb = Literal["stop", "retry", "approve"]
_COMMAND = re.compile(
    rf"/setpoint[ \t]+({'|'.join(get_args(Verb))})(?:[ \t]+([A-Za-z0-9][-A-Za-z0-9._]{{0,99}}))?[ \t]*"
)
_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_HTML = re.compile(r" {0,3}<(!--|(?:pre|script|style|textarea|blockquote)\b)", re.IGNORECASE)
_BELONGS_TO = re.compile(r" {0,3}(>|<|[-+*](\s|$)|\d{1,9}[.)](\s|$))")


@dataclass(frozen=True, slots=True)
class Heard:
    """What was read since the mark: what is to be obeyed, what is not, and how far that was."""

    commands: tuple[PersonCommand, ...]
    ignored: tuple[IgnoredCommand, ...]
    mark: Mark


def listen(forge: Forge, pull_request: HostedPullRequest, mark: Mark) -> Heard:
    """Everything that people ask for in comments after `mark`."""
    commands: list[PersonCommand] = []
    ignored: list[IgnoredCommand] = []
    writers: dict[str, bool | None] = {}
    me = forge.me()
    for comment in _new(forge.comments(pull_request, mark.at), mark):
        mark = Mark(comment=comment.number, at=comment.at)
        if comment.author == me or not (asked := list(commands_in(comment.body))):
            continue
        if comment.author not in writers and not comment.machine:
            writers[comment.author] = forge.may_write(comment.author)
        if why := _why_not(comment, writers):
            ignored.append(IgnoredCommand(author=comment.author, comment=comment.number, why=why))
            continue
        commands += [
            PersonCommand(verb=verb, argument=said, author=comment.author, comment=comment.number, at=comment.at)
            for verb, said in asked
        ]
    return Heard(tuple(commands), tuple(ignored), mark)


def _new(comments: Iterable[Comment], mark: Mark) -> Iterator[Comment]:
    """Numbers only grow, so an old comment that was changed is not new."""
    for count, comment in enumerate(comments):
        if count == MOST_COMMENTS:
            return  # the next look goes on from the mark
        if comment.number > mark.comment:
            yield comment


def _why_not(comment: Comment, writers: dict[str, bool | None]) -> str:
    if comment.machine:
        return "machines are not obeyed"
    if comment.edited:
        return "the comment was changed after it was written; write a new one"
    may = writers[comment.author]
    if may is None:
        return "our token may not ask whether the author has write access"
    return "" if may else "the author has no write access"


def commands_in(body: str) -> Iterator[tuple[Verb, str]]:
    """The commands of a comment in Markdown, each with its argument (or an empty one)."""
    for line in _own_words(re.split(r"\r\n|\r|\n", body)):
        if found := _COMMAND.fullmatch(line):
            verb: Verb = found.group(1)  # type: ignore[assignment]
            yield verb, found.group(2) or ""


def _own_words(lines: Iterable[str]) -> Iterator[str]:
    """The lines that are read as somebody's own words; in doubt a line is left out.

    A paragraph below a quote, a list item or a tag belongs to it, as Markdown has it, and one with a backtick or an
    opened HTML comment may go on as code or hidden from there: all of these end with a blank line.
    """
    end: re.Pattern[str] | None = None
    inside = False
    for line in lines:
        if end:
            if end.search(line):
                end, inside = None, True
        elif opened := _end_of(line):
            end = None if opened.search(line.partition("<")[2]) else opened
            inside = True
        elif not line.strip():
            inside = False
        elif _BELONGS_TO.match(line) or "`" in line or "<!--" in line:
            inside = True
        elif not inside:
            yield line


def _end_of(line: str) -> re.Pattern[str] | None:
    """What ends the block that `line` begins and that blank lines do not end: a code block, or HTML of some kinds."""
    if fence := _FENCE.match(line):
        sign, length = fence.group(1)[0], len(fence.group(1))
        return re.compile(rf"^ {{0,3}}{sign}{{{length},}}\s*$")
    if html := _HTML.match(line):
        return re.compile("-->" if html.group(1) == "!--" else f"</{html.group(1)}", re.IGNORECASE)
    return None
