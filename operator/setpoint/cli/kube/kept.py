"""What the operator keeps of a run beside its constraint: the record, and what was measured."""

from setpoint.api.errors import InputError
from setpoint.api.metrics import Metrics
from setpoint.cli.kube.access import Access
from setpoint.control.record import Record, Stage
from setpoint.kube.cluster import Object, path_of
from setpoint.kube.facts import Constraint
from setpoint.kube.kept import measured_in, record_in
from setpoint.kube.names import CONSTRAINT, OURS, RECORD, ROLE, RUN, belongs_to, record_map, result_map
from setpoint.report.text import clean


def find_record(access: Access, constraint: Constraint, wanted: str | None = None) -> Record | None:
    """The record of the run `wanted` (the start of its id; None: the last run); None where the last run has none.

    Everybody in the namespace may write ConfigMaps: one that is not owned by this constraint is not its record.
    """
    if wanted is None:
        last = constraint.status.last_run
        found = _find(access, constraint, record_map(last.id)) if last else None
        return _record(found, constraint) if found else None
    kept = _kept(access, constraint)
    matching = [name for name in kept if name.startswith(wanted)]
    if len(matching) != 1:
        what = (
            f"no run {clean(wanted)!r} is kept" if not matching else f"{clean(wanted)!r} is the start of several runs"
        )
        known = ", ".join(map(clean, kept)) or "none is kept"
        raise InputError(what, where=constraint.name, instead=f"write one of {known}" if kept else known)
    return _record(kept[matching[0]], constraint)


def find_metrics(access: Access, constraint: Constraint, record: Record) -> Metrics | None:
    """What the run measured, while it is kept."""
    found = _find(access, constraint, result_map(f"{record.run}-{Stage.MEASURE}"))
    measured = measured_in(found) if found else None
    return measured.metrics if measured else None


def _find(access: Access, constraint: Constraint, name: str) -> Object | None:
    found = access.cluster.find(path_of("v1", "configmaps", constraint.namespace, name))
    return found if found and belongs_to(found, constraint.uid) else None


def _kept(access: Access, constraint: Constraint) -> dict[str, Object]:
    """The ConfigMaps of records, by the id of their run; the newest first."""
    labels = f"{OURS},{ROLE}={RECORD},{CONSTRAINT}={constraint.uid}"
    found = access.cluster.list(path_of("v1", "configmaps", constraint.namespace), labels=labels)
    mine = [one for one in found if belongs_to(one, constraint.uid)]
    mine.sort(key=lambda one: str(one["metadata"]["creationTimestamp"]), reverse=True)
    return {str(one["metadata"]["labels"].get(RUN)): one for one in mine}


def _record(found: Object, constraint: Constraint) -> Record | None:
    """The record in a ConfigMap, if it is of the constraint and of the run that the ConfigMap is called after."""
    record, name = record_in(found), found["metadata"]["name"]
    return record if record and (record.uid, record_map(record.run)) == (constraint.uid, name) else None
