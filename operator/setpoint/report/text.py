"""Text that came from outside, made fit for a terminal or for Markdown; hostile until it went through here."""

import re
import unicodedata

_ESCAPE_SEQUENCE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|.)?"
)
_MARKDOWN_SIGNS = re.compile(r"([\\`*_\[\]|~])")
_BLOCK_START = re.compile(r"^(?:\d+(?=[.)](?:\s|$))|(?=[#+=-](?:[\s#=-]|$)))")
_UNUSUAL = re.compile(r"[^\n\x20-\x7e]")
# A zero-width space keeps forges from making links, mentions and references out of text.
_BREAK = "\u200b"
_LINKS = re.compile(r"(@|(?<!\w)#(?=\w)|(?<!\w)!(?=\d)|:(?=//)|\bwww(?=\.))", re.IGNORECASE)


def clean(text: str, longest: int = 500) -> str:
    """`text` on one line without control, escape, direction or invisible characters, at most `longest` long."""
    spaced = re.sub(r"\s+", " ", _ESCAPE_SEQUENCE.sub("", text[: 4 * longest]))
    shown = "".join(character for character in spaced if _harmless(character)).strip()
    return shown if len(shown) <= longest else shown[: longest - 1].rstrip() + "…"


def clean_code(text: str) -> str:
    """`text` with its lines and tabs; what would not be seen is shown as an escape, since readers judge this code."""
    return "".join(
        character if character in "\n\t" or _harmless(character) else character.encode("unicode_escape").decode()
        for character in text.replace("\r\n", "\n")
    )


def visible_json(text: str) -> str:
    """JSON, on one line or several, whose characters can all be seen: others as \\u escapes. It says the same."""
    return _UNUSUAL.sub(lambda found: found[0] if found[0].isprintable() else _escape(found[0]), text)


def _escape(sign: str) -> str:
    units = sign.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _harmless(character: str) -> bool:
    return character == " " or unicodedata.category(character)[0] not in "CZ" or character == "\u00a0"


def markdown(text: str, longest: int = 500) -> str:
    """`text` as Markdown that shows it literally: no markup, no HTML, no mention, no link."""
    line = clean(text, longest).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    line = _LINKS.sub(rf"\1{_BREAK}", _MARKDOWN_SIGNS.sub(r"\\\1", line))
    return _BLOCK_START.sub(r"\g<0>\\", line)


def markdown_paragraphs(text: str, longest: int = 4000) -> str:
    """As `markdown`, the blank lines of `text` kept as paragraphs."""
    return "\n\n".join(markdown(part, longest) for part in re.split(r"\n\s*\n", text[:longest]) if part.strip())


def markdown_code(text: str, longest: int = 200) -> str:
    """`text` as a code span, also safe in a table's cell."""
    shown = clean(text, longest).replace("|", "\\|") or " "
    fence = "`" * (_longest_run(shown, "`") + 1)
    space = " " if shown[0] == "`" or shown[-1] == "`" else ""
    return f"{fence}{space}{shown}{space}{fence}"


def markdown_block(text: str, language: str = "") -> str:
    """`text` as a fenced block whose fence nothing in it can close."""
    shown = clean_code(text).rstrip("\n")
    fence = "`" * max(3, _longest_run(shown, "`") + 1)
    return f"{fence}{language}\n{shown}\n{fence}"


def _longest_run(text: str, sign: str) -> int:
    return max((len(run) for run in re.findall(f"{re.escape(sign)}+", text)), default=0)
