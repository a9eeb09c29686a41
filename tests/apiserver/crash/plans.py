"""The plans that follow from a recorded run: each moment of it, and what may go wrong there. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from apiserver.crash.seen import Fault, Plan, Seen

KILLS = {"before": Fault("kill"), "after": Fault("kill", after=True)}
# What a request may meet instead of an answer: refused, or carried out all the same and not said.
ANSWERS = {
    "409": Fault("answer", status=409, reason="Conflict"),
    "429": Fault("answer", status=429, reason="TooManyRequests"),
    "500": Fault("answer", status=500, reason="InternalError"),
    "409-after": Fault("answer", after=True, status=409, reason="Conflict"),
    "500-after": Fault("answer", after=True, status=500, reason="InternalError"),
    "cut-after": Fault("cut", after=True),
}
STALE = Fault("stale")
EXPIRED = Fault("answer", status=410, reason="Expired")
LISTS = {"410": EXPIRED, "429": ANSWERS["429"], "500": ANSWERS["500"]}
GETS = {"429": ANSWERS["429"], "500": ANSWERS["500"], "cut": Fault("cut")}
WATCHES = {"410": EXPIRED, "429": ANSWERS["429"], "500": ANSWERS["500"], "cut": Fault("cut")}
EVENTS = {"drop": Fault("drop"), "delay": Fault("delay"), "410": Fault("expire"), "cut": Fault("cut")}
QUERIES = {"429": ANSWERS["429"], "500": ANSWERS["500"], "cut": Fault("cut")}
FORGE = {"busy": Fault("busy"), "lost-before": Fault("lost"), "lost-after": Fault("lost", after=True)}
# How often a thing that repeats itself is taken; writes and calls to the outside are taken each time.
MOST_OF_A_LABEL = 2
# A step that is tried again by design is made twice.
_AGAIN = {"publish": ("publish",), "report": ("report", "announce"), "poll": ("poll",)}


def plans_of(seen: Sequence[Seen]) -> list[Plan]:
    """All plans, in the order of their moments."""
    found: list[Plan] = []
    for kind in ("write", "outside", "list", "watch", "event", "get"):
        moments = [one for one in seen if one.kind == kind and one.nth <= _most(kind)]
        for number, moment in enumerate(sorted(moments, key=lambda one: (_first(seen, one.label), one.nth)), 1):
            for name, fault in _faults(moment, number):
                again = _AGAIN.get(moment.label.rpartition(" ")[2], ()) if fault in FORGE.values() else ()
                found.append(Plan(f"{kind}-{number:03}-{name}", moment, fault, again))
    return found


def _most(kind: str) -> float:
    return {"write": float("inf"), "outside": float("inf"), "get": 1}.get(kind, MOST_OF_A_LABEL)


def _first(seen: Sequence[Seen], label: str) -> int:
    return next(index for index, one in enumerate(seen) if one.label == label)


def _faults(moment: Seen, number: int) -> Iterator[tuple[str, Fault]]:
    """Each write and each call to the outside has both kills; the rest is dealt out in turn."""
    if moment.kind in ("write", "outside"):
        yield from KILLS.items()
    if moment.kind == "write":
        yield _turn(ANSWERS.items(), number)
        if moment.label.startswith("DELETE jobs") and number % len(ANSWERS):
            yield "409", ANSWERS["409"]
    elif moment.kind == "outside" and moment.label == "prometheus":
        yield _turn(QUERIES.items(), number)
    elif moment.kind == "outside":
        yield from FORGE.items()
    elif moment.kind == "list":
        yield "stale", STALE
        yield _turn(LISTS.items(), number)
    elif moment.kind == "watch":
        yield from WATCHES.items()
    else:
        yield _turn((EVENTS if moment.kind == "event" else GETS).items(), number)


def _turn(faults: Iterable[tuple[str, Fault]], number: int) -> tuple[str, Fault]:
    known = list(faults)
    return known[number % len(known)]
