"""What passes between the operator and everything outside of it, under names that are the same in every run."""

import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

WRITES = ("POST", "PUT", "PATCH", "DELETE")
_UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_IDS = re.compile(r"(?<![0-9a-z])[0-9a-f]{10,}(?![0-9a-z])")
# The end of the names that controllers give; no vowels, so no word of ours is one.
_SUFFIX = re.compile(r"(-[bcdfghjklmnpqrstvwxz2456789]{6,10})?-[bcdfghjklmnpqrstvwxz2456789]{5}$")


@dataclass(frozen=True, slots=True)
class Seen:
    """The `nth` time (from 1) that something named `label` happened.

    `kind`: write, list, get, watch or event of the API server, or outside: the forge and Prometheus.
    """

    kind: str
    label: str
    nth: int


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong: kill, answer (`status`), cut, stale, drop, delay, or what becomes of a pod of the forge's.

    `after`: only once it was carried out, so that nothing but the answer is lost.
    """

    what: str
    after: bool = False
    status: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """One fault at one moment. `again`: words in the names of what it makes the operator try twice, by design."""

    name: str
    at: Seen
    fault: Fault
    again: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to the API server, taken apart; `name` of the object, also of one that is to be created."""

    method: str
    plural: str
    name: str
    sub: str
    watch: bool
    selector: str

    @property
    def kind(self) -> str:
        """As in Seen."""
        if self.method in WRITES:
            return "write"
        return "watch" if self.watch else "get" if self.name or not self.plural else "list"

    @property
    def label(self) -> str:
        """The same in every run."""
        verb = {"watch": "WATCH", "list": "LIST"}.get(self.kind, self.method)
        parts = (verb, self.plural or "discovery", known(self.name), self.sub, known(self.selector))
        return " ".join(part for part in parts if part)


def asked(method: str, target: str, body: bytes) -> Asked:
    """Take a request apart."""
    url = urlsplit(target)
    query = parse_qs(url.query)
    parts = url.path.strip("/").split("/")
    parts = parts[2:] if parts[0] == "api" else parts[3:]
    if parts[:1] == ["namespaces"] and len(parts) > 2:
        parts = parts[2:]
    plural, name, sub = (*parts, "", "", "")[:3]
    if method == "POST" and not name and body:
        name = (json.loads(body).get("metadata") or {}).get("name") or ""
    if method == "PUT" and (plural, sub) == ("performanceconstraints", "status"):
        sub = f"status {_standing(json.loads(body)['status'])}"
    selector = ",".join(query.get("labelSelector", []) + query.get("fieldSelector", []))
    return Asked(method, plural, name, sub, query.get("watch") == ["true"], selector)


def _standing(status: dict[str, Any]) -> str:
    """What a status that is written says: how the remediation stands, or else the load."""
    remediation = status.get("remediation") or {}
    loads = (one["reason"] for one in status.get("conditions", ()) if one["type"] == "LoadGenerated")
    return str(remediation.get("ended") or remediation.get("step") or next(loads, "") or "first")


def known(name: str) -> str:
    """A name without what is another one in every run."""
    return _IDS.sub("*", _SUFFIX.sub("-?", _UID.sub("*", name)))


@dataclass
class Recorder:
    """Counts everything, and says when the plan's moment has come. `kill` ends the operator, at once."""

    plan: Plan | None = None
    kill: Callable[[], None] = lambda: None
    seen: list[Seen] = field(default_factory=list)
    created: Counter[str] = field(default_factory=Counter)  # what the API server said that it did create
    statuses: list[dict[str, Any]] = field(default_factory=list)  # of the constraint, as they were written
    records: list[dict[str, Any]] = field(default_factory=list)  # ConfigMaps with the run's record
    met: bool = False
    _counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def meet(self, kind: str, label: str) -> Fault | None:
        """Count it; what is to go wrong with it."""
        with self._lock:
            self._counts[label] += 1
            now = Seen(kind, label, self._counts[label])
            self.seen.append(now)
            if self.plan is None or self.met or now != self.plan.at:
                return None
            self.met = True
            return self.plan.fault

    def carried_out(self, request: Asked, status: int, body: bytes) -> None:
        """Note what a write has done."""
        if status >= 300 or request.plural == "events":
            return
        with self._lock:
            if request.method == "POST":
                self.created[f"{request.plural} {known(request.name)}"] += 1
            if request.plural == "performanceconstraints" and request.sub.startswith("status"):
                self.statuses.append(json.loads(body)["status"])
            elif request.method in ("POST", "PUT") and request.plural == "configmaps":
                found = json.loads(body)
                if "record.json.gz" in (found.get("binaryData") or {}):
                    self.records.append(found)
