"""What counts as a command in a comment, and whose."""

from collections.abc import Iterator

import pytest

from setpoint.api.forge import HostedPullRequest, Mark
from setpoint.forge.people import MOST_COMMENTS, commands_in, listen
from setpoint.forge.port import Comment

AT = "2026-01-01T00:00:00Z"
PULL_REQUEST = HostedPullRequest(number=1, branch="setpoint/checkout/1")


@pytest.mark.parametrize(
    ("body", "commands"),
    [
        ("/setpoint stop", [("stop", "")]),
        ("/setpoint retry  \r\n", [("retry", "")]),
        ("/setpoint approve 0123456789-2", [("approve", "0123456789-2")]),
        ("Not good enough.\n/setpoint stop\nThank you", [("stop", "")]),
        ("/setpoint retry\n\n/setpoint stop", [("retry", ""), ("stop", "")]),
        ("> quoted\n\n/setpoint stop", [("stop", "")]),
        ("```\ncode\n```\n\n/setpoint stop", [("stop", "")]),
        ("<!-- note -->\n\n/setpoint stop", [("stop", "")]),
        ("<!-- a\nb -->\n\n/setpoint stop", [("stop", "")]),
    ],
)
def test_a_command_stands_at_the_start_of_a_line_of_somebodys_own_words(body, commands):
    """Alone in its line, wherever in the comment that line is."""
    assert list(commands_in(body)) == commands


@pytest.mark.parametrize(
    "body",
    [
        "please /setpoint stop",
        " /setpoint stop",
        "/setpoint stop now please",
        "/setpoint merge",
        "/Setpoint stop",
        "/setpoint\nstop",
        "/setpoint stop; rm -rf /",
        "> /setpoint stop",
        "> somebody said\n/setpoint stop",
        "- a list\n/setpoint stop",
        "1. a list\n/setpoint stop",
        "    /setpoint stop",
        "\t/setpoint stop",
        "```\n/setpoint stop\n```",
        "```sh\n\n/setpoint stop\n",
        "~~~\n/setpoint stop\n```\n/setpoint stop\n~~~",
        "````\n```\n/setpoint stop\n````",
        "   ```\n/setpoint stop\n   ```",
        "a `\n/setpoint stop\n`",
        "<!--\n/setpoint stop\n-->",
        "<!--\n\n/setpoint stop",
        "hidden <!--\n/setpoint stop\n-->",
        "x <!--\n```\n-->\n/setpoint stop\n```",
        "<pre>\n\n/setpoint stop\n</pre>",
        "<BLOCKQUOTE>\n\n/setpoint stop\n</BLOCKQUOTE>",
        "<div>\n/setpoint stop\n</div>",
        "/setpoint\u00a0stop",
        "/setpoint approve ../../etc",
        "/setpoint approve " + "a" * 101,
    ],
)
def test_what_is_quoted_shown_hidden_or_other_words_is_no_command(body):
    """In doubt it is not obeyed."""
    assert list(commands_in(body)) == []


class Conversation:
    """A forge of which only the comments are asked for."""

    def __init__(self, *comments: Comment, writers: tuple[str, ...] = ("writer",), knows: bool = True) -> None:
        self._comments, self._writers, self._knows = comments, writers, knows
        self.asked: list[str] = []

    def me(self) -> str:
        return "setpoint-bot"

    def comments(self, pull_request: HostedPullRequest, since: str) -> Iterator[Comment]:
        return (comment for comment in self._comments if comment.at >= since)

    def may_write(self, author: str) -> bool | None:
        self.asked.append(author)
        return author in self._writers if self._knows else None


def said(number: int, body: str, author: str = "writer", **more) -> Comment:
    """A comment."""
    return Comment(number, author, AT, body, **more)


def test_who_may_push_is_obeyed_and_the_mark_moves_on():
    """The next look begins after what was read."""
    forge = Conversation(said(4, "hello"), said(5, "/setpoint stop"))
    heard = listen(forge, PULL_REQUEST, Mark())
    assert [(command.verb, command.author, command.comment) for command in heard.commands] == [("stop", "writer", 5)]
    assert heard.mark == Mark(comment=5, at=AT)
    assert listen(forge, PULL_REQUEST, heard.mark).commands == ()


@pytest.mark.parametrize(
    ("comment", "knows", "why"),
    [
        (said(1, "/setpoint stop", "reader"), True, "no write access"),
        (said(1, "/setpoint stop", "writer"), False, "may not ask"),
        (said(1, "/setpoint stop", "writer", edited=True), True, "changed after"),
        (said(1, "/setpoint stop", "writer", machine=True), True, "machines"),
    ],
    ids=["reader", "unknown", "edited", "machine"],
)
def test_who_is_not_obeyed_is_told_why(comment, knows, why):
    """Unknown is never a yes."""
    heard = listen(Conversation(comment, knows=knows), PULL_REQUEST, Mark())
    assert heard.commands == ()
    assert [why in ignored.why for ignored in heard.ignored] == [True]


def test_setpoint_does_not_obey_itself():
    """Its comments explain the commands."""
    heard = listen(
        Conversation(said(1, "/setpoint stop", "setpoint-bot"), writers=("setpoint-bot",)), PULL_REQUEST, Mark()
    )
    assert (heard.commands, heard.ignored) == ((), ())


def test_an_old_comment_that_was_changed_into_a_command_is_not_new():
    """It came before the mark, whatever time it bears now."""
    forge = Conversation(said(3, "/setpoint approve"))
    assert listen(forge, PULL_REQUEST, Mark(comment=3)).commands == ()


def test_each_author_is_asked_for_once():
    """Questions to the forge are limited."""
    forge = Conversation(*(said(number, "/setpoint retry", "reader") for number in range(1, 6)))
    assert len(listen(forge, PULL_REQUEST, Mark()).ignored) == 5
    assert forge.asked == ["reader"]


def test_a_flood_of_comments_is_read_in_parts():
    """Nothing is passed over: the next look goes on where this one stopped."""
    flood = [Comment(number, "reader", f"2026-01-01T{number:08d}", "hi") for number in range(1, MOST_COMMENTS + 1)]
    forge = Conversation(*flood, Comment(MOST_COMMENTS + 1, "writer", "2026-01-02", "/setpoint stop"))
    first = listen(forge, PULL_REQUEST, Mark())
    assert (first.commands, first.mark.comment) == ((), MOST_COMMENTS)
    assert [command.verb for command in listen(forge, PULL_REQUEST, first.mark).commands] == ["stop"]
