"""What the watches have told, reduced: constraints and Deployments by name. Safe for threads; the newest version wins.

A watch may bring an older state after a newer one that we have from our own write; that must not be believed.
"""

import threading
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from setpoint.kube.facts import Constraint, Deployed, Key, constraint_of, deployed_of
from setpoint.kube.plan import target_name


class Cache:
    """The operator's view of the cluster."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._constraints: dict[Key, Constraint] = {}
        self._deployed: dict[Key, Deployed] = {}
        self._by_target: defaultdict[Key, set[Key]] = defaultdict(set)

    def constraint(self, key: Key) -> Constraint | None:
        """The constraint, None where there is none."""
        with self._lock:
            return self._constraints.get(key)

    def deployed(self, key: Key) -> Deployed | None:
        """The Deployment, None where there is none."""
        with self._lock:
            return self._deployed.get(key)

    def key_of(self, uid: str) -> Key | None:
        """The constraint of that uid."""
        with self._lock:
            return next((one.key for one in self._constraints.values() if one.uid == uid), None)

    def names(self) -> list[Key]:
        """Namespace and name of every constraint."""
        with self._lock:
            return list(self._constraints)

    def constraints(self) -> list[Constraint]:
        """Every constraint there is."""
        with self._lock:
            return list(self._constraints.values())

    def see_constraint(self, body: Mapping[str, Any], deleted: bool = False) -> bool:
        """Take what a watch or a write gave; whether it was news."""
        seen = constraint_of(body)
        with self._lock:
            old = self._constraints.get(seen.key)
            if old and old.uid == seen.uid and _older(seen.version, old.version, or_same=not deleted):
                return False
            self._forget(old)
            if deleted:
                return True
            self._constraints[seen.key] = seen
            if target := target_name(seen.spec):
                self._by_target[seen.namespace, target].add(seen.key)
            return True

    def see_deployment(self, body: Mapping[str, Any], deleted: bool = False) -> list[Key]:
        """Take what a watch gave; the constraints that are about the Deployment, if that was news to them."""
        metadata = body["metadata"]
        key = (metadata["namespace"], metadata["name"])
        seen = deployed_of(body)
        with self._lock:
            old = self._deployed.get(key)
            if old and old.uid == seen.uid and _older(seen.version, old.version, or_same=not deleted):
                return []
            if deleted:
                self._deployed.pop(key, None)
            else:
                self._deployed[key] = seen
            changed = deleted or old is None or _matters(old) != _matters(seen)
            return list(self._by_target.get(key, ())) if changed else []

    def loading(self) -> list[Key]:
        """Constraints whose load is under way."""
        return [one.key for one in self.constraints() if _load_reason(one) in ("Scheduled", "Running")]

    def waiting(self) -> list[Key]:
        """Constraints whose load waits for another one."""
        return [one.key for one in self.constraints() if _load_reason(one) == "Waiting"]

    def _forget(self, old: Constraint | None) -> None:
        if old is None:
            return
        self._constraints.pop(old.key, None)
        if target := target_name(old.spec):
            known = self._by_target[old.namespace, target]
            known.discard(old.key)
            if not known:
                del self._by_target[old.namespace, target]


def _matters(deployed: Deployed) -> tuple[object, ...]:
    return deployed.uid, deployed.images, deployed.replicas, deployed.state, deployed.message


def _older(version: str, than: str, *, or_same: bool) -> bool:
    """Whether a resourceVersion is older; they are numbers since Kubernetes promised their order."""
    try:
        return int(version) < int(than) or (or_same and version == than)
    except ValueError:
        return False


def _load_reason(constraint: Constraint) -> str:
    """The reason of LoadGenerated while a run is open."""
    run, said = constraint.status.last_run, constraint.status.condition("LoadGenerated")
    return said.reason if said and run and run.finished_at is None else ""
