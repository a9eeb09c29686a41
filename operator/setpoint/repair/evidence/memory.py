"""What holds the memory: lines whose allocations stay, and the containers that grow."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from setpoint.api.remedy import Holder, Site
from setpoint.repair.evidence.code import Code, site
from setpoint.repair.evidence.raw import Answer, RawHolder

MOST = 10
MUCH, LITTLE = 0.2, 0.005  # shares of all growth
FEW = 100_000  # bytes, that say nothing


def growth(answers: Sequence[Answer], code: Code) -> tuple[Site, ...]:
    """Own lines whose memory outlived a collection, most bytes first; shares are of all growth, own or not."""
    sizes: Counter[tuple[str, int]] = Counter()
    counts: Counter[tuple[str, int]] = Counter()
    for grown in (grown for answer in answers for grown in answer.growth if grown.own):
        sizes[grown.file, grown.line] += grown.bytes
        counts[grown.file, grown.line] += grown.count
    total = max(sum(answer.grown_bytes for answer in answers), 1)
    found = []
    for place, size in sizes.most_common(MOST):
        share = round(min(size / total, 1.0), 4)
        if share >= LITTLE and (at := site(code, *place)):
            found.append(at.model_copy(update={"grown_bytes": size, "grown_count": counts[place], "share": share}))
    return tuple(found)


def foreign_growth(answers: Sequence[Answer]) -> list[str]:
    """Notes on growth that no own line was near to, when it is much of all."""
    sizes: Counter[str] = Counter()
    for grown in (grown for answer in answers for grown in answer.growth if not grown.own):
        sizes["/".join(grown.file.split("/")[-2:])] += grown.bytes
    much = max(MUCH * sum(answer.grown_bytes for answer in answers), FEW)
    return [f"{size} bytes grew in {file}, far from own code" for file, size in sizes.most_common(3) if size > much]


def holders(answers: Iterable[Answer], code: Code) -> tuple[Holder, ...]:
    """Containers that grew; of several processes with the same one, the largest growth."""
    largest: dict[tuple[str, str, bool], Holder] = {}
    for holder in _holders(answers, code):
        known = largest.get((holder.owner, holder.key, holder.nested))
        if known is None or _rank(holder) > _rank(known):
            largest[holder.owner, holder.key, holder.nested] = holder
    return tuple(sorted(largest.values(), key=_rank, reverse=True)[:MOST])


def _rank(holder: Holder) -> tuple[int, int]:
    return holder.grown_bytes, holder.length_now - holder.length_then


def _holders(answers: Iterable[Answer], code: Code) -> Iterator[Holder]:
    for raw in (raw for answer in answers for raw in answer.holders):
        relative = code.relative(raw.file)
        if relative:
            yield Holder(
                kind=raw.kind,
                owner=".".join(part for part in (raw.module, raw.qualname, raw.name) if part),
                scope=raw.scope,
                file=relative,
                line=_assigned(raw, relative, code),
                length_then=raw.then,
                length_now=raw.now,
                nested=raw.nested,
                key=raw.key,
                grown_bytes=raw.bytes,
            )


def _assigned(raw: RawHolder, file: str, code: Code) -> int | None:
    return code.assigned(file, raw.qualname, raw.name) or raw.line or None
