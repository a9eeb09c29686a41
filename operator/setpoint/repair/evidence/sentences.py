"""One sentence for each finding, as people and models read it."""

from setpoint.api.remedy import Blocking, Holder, LabelGrowth, Opened, Site, Stack, Statement

CALLERS = 3
_KINDS = {"cpu": "of CPU time was", "waiting": "of all waiting was"}


def holder(found: Holder) -> str:
    """A container that grew."""
    kind = "text or tuple" if found.kind == "other" else found.kind
    what = f"{found.owner}[{found.key!r}] ({kind})" if found.key else f"{found.owner} ({kind})"
    if found.nested and not found.key:
        what = f"the containers in {found.owner}"
    size = f", about {_bytes(found.grown_bytes)}" if found.grown_bytes else ""
    where = f"{found.file}:{found.line}" if found.line else found.file
    return f"{what} grew from {found.length_then} to {found.length_now} items{size}; it belongs to {where}"


def growth(site: Site) -> str:
    """Memory that stayed."""
    size = f"{_bytes(site.grown_bytes)} in {site.grown_count} blocks ({site.share:.0%} of all growth)"
    return f"{size} are kept from {_at(site)}"


def label(found: LabelGrowth) -> str:
    """A label whose values grow."""
    examples = ", ".join(map(repr, found.examples))
    grown = f"label {found.label} of {found.metric} got {found.grown} new values and has {found.values}"
    return f"{grown} (such as {examples})" + (f"; given at {_at(found.site)}" if found.site else "")


def stack(found: Stack) -> str:
    """Where time went."""
    *outer, innermost = found.frames
    inside = f", inside {found.inside}" if found.inside else ""
    callers = " < ".join(site.function or site.file for site in outer[: -CALLERS - 1 : -1])
    where = f"{found.share:.0%} {_KINDS[found.kind]} at {_at(innermost)}{inside}"
    return f"{where} (called from {callers})" if callers else where


def statement(found: Statement) -> str:
    """What the database is asked."""
    return f"{found.per_request:.1f} times for each request {_at(found.site)} runs: {found.text[:200]}"


def blocking(found: Blocking) -> str:
    """What others had to wait for."""
    if found.kind == "lock":
        had = f", while {_at(found.holding)} had it" if found.holding else ""
        return f"threads waited {found.seconds:.1f} s for the lock {found.call} at {_at(found.site)}{had}"
    times = f"the event loop was held up {found.count} times, for {found.seconds:.1f} s in all"
    return f"{times}, by {found.call} at {_at(found.site)}"


def opened(found: Opened) -> str:
    """What was opened, and left open."""
    what = f"{found.per_request:.2f} times for each request a {found.kind} ({found.what}) is opened"
    left = f"; {found.still_open} were still open at the end" if found.still_open else ""
    return f"{what} at {_at(found.site)}{left}"


def _at(site: Site) -> str:
    function = f" in {site.function}" if site.function else ""
    return f"{site.file}:{site.line}{function}: {site.code}"


def _bytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"
