"""HTML that is safe by construction: whatever is not Markup already is text, and is cleaned and escaped."""

import html

from setpoint.report.text import clean, clean_code

_VOID = {"meta", "link", "br"}


class Markup(str):
    """HTML or SVG that `tag` made. Everything else is text."""

    __slots__ = ()


def tag(name: str, /, *children: str | None, **attributes: str | float | None) -> Markup:
    """An element. `class_` and `for_` are written without their underscore, other underscores as dashes."""
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Markup(f"<{name}{said}>")
    return Markup(f"<{name}{said}>{join(*children)}</{name}>")


def join(*children: str | None, between: str = "") -> Markup:
    """The children one after the other, those that are text as one clean line each."""
    return Markup(between.join(_escaped(child) for child in children if child is not None))


def code(text: str) -> Markup:
    """Text with its lines and tabs; what would not be seen is shown."""
    return Markup(html.escape(clean_code(text), quote=False))


def _escaped(child: str) -> str:
    if isinstance(child, Markup):
        return child
    before, after = " " if child[:1].isspace() else "", " " if child[-1:].isspace() else ""
    return before + html.escape(clean(child, 5000), quote=False) + after


def _value(value: str | float) -> str:
    if isinstance(value, str):
        return html.escape(clean(value, 1000))
    return f"{value:.2f}".rstrip("0").rstrip(".")
