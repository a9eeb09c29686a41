"""What is kept in ConfigMaps of the constraint's namespace: the record of a run, and what its slow steps gave.

A record is replaced only in the version that was read (else Conflict): an operator that lost its place, or a second
one, cannot go on. A result is written once.
"""

import base64
import binascii
import gzip
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from setpoint.api.base import Model
from setpoint.api.metrics import Metrics
from setpoint.control.record import Record
from setpoint.kube.cluster import Cluster, path_of
from setpoint.kube.names import (
    CONSTRAINT,
    OURS,
    RECORD,
    RESULT,
    ROLE,
    RUN,
    Owner,
    belongs_to,
    metadata,
    record_map,
    result_map,
)
from setpoint.kube.refusals import ClusterFailed

RECORD_FILE, RESULT_FILE, TOLD_FILE = "record.json.gz", "result.json.gz", "conditions.json"
LARGEST = 64 * 2**20  # unpacked: what people may put there must not fill our memory


class Told(Model):
    """What a step has to say in a condition."""

    status: str
    reason: str
    message: str = ""


class Measured(Model):
    """A measurement: the metrics, and how load and telemetry went (conditions LoadGenerated, MetricsAvailable)."""

    metrics: Metrics
    load: Told | None = None
    telemetry: Told | None = None


class _Conditions(Model):
    load: Told | None = None
    telemetry: Told | None = None


class RecordStore:
    """The record of one run: the engine's store. `saved` is called after each save, before what it announces."""

    def __init__(self, cluster: Cluster, owner: Owner, fresh: Record, saved: Callable[[Record], None]) -> None:
        self._cluster, self._owner, self._saved = cluster, owner, saved
        self._name, self._record = record_map(fresh.run), fresh
        self._version = ""
        self._adopt()

    def load(self) -> Record:
        """The record as it was last saved or read."""
        return self._record

    def save(self, record: Record) -> None:
        """Replace the record, if it is still the one that was read."""
        body = {**self._body(record), "metadata": {**self._metadata(), "resourceVersion": self._version}}
        written = self._cluster.replace(self._path(self._name), body)
        self._version, self._record = written["metadata"]["resourceVersion"], record
        self._saved(record)

    def _adopt(self) -> None:
        """Find the record, or write the first one."""
        found = self._cluster.find(self._path(self._name))
        if found is None:
            found = self._cluster.create(self._path(), {**self._body(self._record), "metadata": self._metadata()})
        elif not belongs_to(found, self._owner["uid"]):
            raise ClusterFailed(f"the ConfigMap {self._name} is not ours; rename or delete it")
        else:
            # One that cannot be read was tampered with: what it says is not known, so the run begins anew.
            self._record = _record_in(found, self._record)
        self._version = found["metadata"]["resourceVersion"]

    def _metadata(self) -> dict[str, Any]:
        return metadata(self._name, self._owner, RECORD, self._record.run)

    def _body(self, record: Record) -> dict[str, Any]:
        packed = pack(record.model_dump_json(by_alias=True, exclude_none=True))
        return {"apiVersion": "v1", "kind": "ConfigMap", "binaryData": {RECORD_FILE: packed}}

    def _path(self, name: str | None = None) -> str:
        return path_of("v1", "configmaps", self._owner["namespace"], name)


class Results:
    """What slow steps of one run gave, by their keys."""

    def __init__(self, cluster: Cluster, owner: Owner, run: str) -> None:
        self._cluster, self._owner, self._run = cluster, owner, run
        self._known: dict[str, Measured] = {}

    def find(self, key: str) -> Measured | None:
        """What the step gave; None where it has not ended, or what is there cannot be read."""
        if key not in self._known:
            found = self._cluster.find(self._path(result_map(key)))
            read = measured_in(found) if found and belongs_to(found, self._owner["uid"]) else None
            if read is None:
                return None
            self._known[key] = read
        return self._known[key]

    def save(self, key: str, result: Measured) -> None:
        """Keep what the step gave. One that is there already is replaced only if it cannot be read."""
        told = _Conditions(load=result.load, telemetry=result.telemetry)
        body = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata(result_map(key), self._owner, RESULT, self._run, key),
            "binaryData": {RESULT_FILE: pack(result.metrics.model_dump_json(by_alias=True, exclude_none=True))},
            "data": {TOLD_FILE: told.model_dump_json(by_alias=True, exclude_none=True)},
        }
        self._cluster.put(self._path(), body)
        self._known[key] = result

    def forget_old(self, newest: str, keep: int) -> None:
        """Delete what is kept of this constraint's runs, but for `newest` and the others that were kept last."""
        mine = f"{OURS},{CONSTRAINT}={self._owner['uid']},{ROLE} in ({RECORD},{RESULT})"
        found = [one for one in self._cluster.list(self._path(), labels=mine) if belongs_to(one, self._owner["uid"])]
        found.sort(key=lambda one: str(one["metadata"]["creationTimestamp"]), reverse=True)
        runs = dict.fromkeys([newest, *(one["metadata"]["labels"].get(RUN) for one in found)])
        kept = set(list(runs)[:keep])
        for one in found:
            if one["metadata"]["labels"].get(RUN) not in kept:
                self._cluster.delete(self._path(one["metadata"]["name"]), uid=one["metadata"]["uid"])

    def _path(self, name: str | None = None) -> str:
        return path_of("v1", "configmaps", self._owner["namespace"], name)


def pack(text: str) -> str:
    """`text` as binaryData: compressed, the same text always the same."""
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def unpack(found: Mapping[str, Any], name: str) -> bytes:
    """What `pack` packed into the ConfigMap `found`; empty where it cannot be read."""
    try:
        packed = base64.b64decode((found.get("binaryData") or {}).get(name) or "", validate=True)
        inflate = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        text = inflate.decompress(packed, LARGEST)
    except (binascii.Error, zlib.error, ValueError):
        return b""
    return text if inflate.eof else b""


def record_in(found: Mapping[str, Any]) -> Record | None:
    """The record in a ConfigMap; None where it cannot be read."""
    try:
        return Record.model_validate_json(unpack(found, RECORD_FILE))
    except ValidationError:
        return None


def _record_in(found: Mapping[str, Any], fresh: Record) -> Record:
    record = record_in(found)
    return record if record and (record.run, record.uid) == (fresh.run, fresh.uid) else fresh


def measured_in(found: Mapping[str, Any]) -> Measured | None:
    """The measurement in a ConfigMap; None where it cannot be read."""
    try:
        told = _Conditions.model_validate_json((found.get("data") or {}).get(TOLD_FILE) or "{}")
        metrics = Metrics.model_validate_json(unpack(found, RESULT_FILE))
    except ValidationError:
        return None
    return Measured(metrics=metrics, load=told.load, telemetry=told.telemetry)
