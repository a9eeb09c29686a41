"""Sentences for people. Names come from outside: no control characters, no escape sequences, no endless text."""

import math
import unicodedata

_LONGEST = 80


def name(text: str, longest: int = _LONGEST) -> str:
    """`text` fit to stand in a sentence: printable, on one line, at most `longest` characters."""
    plain = "".join(c if unicodedata.category(c)[0] not in "CZ" or c == " " else "?" for c in text[: longest + 1])
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def number(value: float | None) -> str:
    """Four significant digits, without an exponent where people would not write one."""
    if value is None or not math.isfinite(value):
        return "?" if value is None or math.isnan(value) else "unlimited"
    if value == 0:
        return "0"
    if abs(value) >= 1e15:
        return f"{value:g}"
    if abs(value) >= 1000:
        return f"{value:.0f}"
    digits = max(0, 3 - math.floor(math.log10(abs(value))))
    text = f"{value:.{min(digits, 4)}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def span(seconds: float) -> str:
    """A length of time in the unit that people would choose."""
    if not math.isfinite(seconds):
        return "an unknown time"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def interval(low: float | None, high: float | None) -> str:
    """(760 to 864); an open side is said in words."""
    if low is None and high is None:
        return "(no bound)"
    if low is None:
        return f"(at most {number(high)})"
    return f"(at least {number(low)})" if high is None else f"({number(low)} to {number(high)})"


def on(instance: str | None) -> str:
    """' on pod-a', or nothing when there is only one."""
    return f" on {name(instance)}" if instance else ""


def more(seconds: float, factor: float) -> str:
    """What is still needed when the window had to be `factor` times as long; capped where nobody would wait."""
    needed = seconds * (factor - 1)
    if not math.isfinite(needed) or needed > 7 * 86400:
        return "no window of reasonable length would decide it"
    return f"about {span(max(needed, 1))} more would decide it"
