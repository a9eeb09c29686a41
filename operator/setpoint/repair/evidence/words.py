"""The findings as sentences, those first that bear on the breached rows."""

from collections.abc import Iterator

from setpoint.api.remedy import Evidence, Holder, Site
from setpoint.api.verdict import Verdict

_MEMORY = ("holders", "growth")
_ORDER: dict[str, tuple[str, ...]] = {"memory": _MEMORY, "heap": _MEMORY}
_ALL = _MEMORY


def in_words(evidence: Evidence, verdict: Verdict) -> tuple[str, ...]:
    """One sentence a finding, most telling first."""
    kinds = [kind for row in verdict.breached() for kind in _ORDER.get(row.constraint.split(".")[0], ())]
    return tuple(sentence for kind in dict.fromkeys([*kinds, *_ALL]) for sentence in _SENTENCES[kind](evidence))


def _holders(evidence: Evidence) -> Iterator[str]:
    for holder in evidence.holders:
        what = f"the containers in {holder.owner}" if holder.nested else f"{holder.owner} ({_kind(holder)})"
        size = f", about {_bytes(holder.grown_bytes)}" if holder.grown_bytes else ""
        yield f"{what} grew from {holder.length_then} to {holder.length_now} items{size}; it belongs to {_file(holder)}"


def _kind(holder: Holder) -> str:
    return "text or tuple" if holder.kind == "other" else holder.kind


def _file(holder: Holder) -> str:
    return f"{holder.file}:{holder.line}" if holder.line else holder.file


def _growth(evidence: Evidence) -> Iterator[str]:
    for site in evidence.growth:
        size = f"{_bytes(site.grown_bytes)} in {site.grown_count} blocks ({site.share:.0%} of all growth)"
        yield f"{size} are kept from {_at(site)}"


def _at(site: Site) -> str:
    function = f" in {site.function}" if site.function else ""
    return f"{site.file}:{site.line}{function}: {site.code}"


def _bytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"


_SENTENCES = {"holders": _holders, "growth": _growth}
