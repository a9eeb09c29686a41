"""Whether the cluster's definition of a constraint keeps all that this operator writes into a status.

An older one drops what it does not know without a word: an operator that did not find its own run there would begin it
for ever. Anybody who may use the API server at all may read what it publishes of its kinds.
"""

import logging
import time
from collections.abc import Iterator
from typing import Any

from setpoint.api.errors import InputError
from setpoint.api.resource import API_VERSION, KIND
from setpoint.api.status import ResourceStatus
from setpoint.api.structural import Schema, structural
from setpoint.kube.cluster import Cluster
from setpoint.kube.refusals import Forbidden, NotFound

# A definition that was just applied is published a little later.
PUBLISHED_SECONDS = 30.0
_LOOK_SECONDS = 2.0
_SHOWN = 3
_log = logging.getLogger("setpoint.operator")


def need_definition(cluster: Cluster, patience: float = PUBLISHED_SECONDS) -> None:
    """Raises InputError where the cluster's definition is older than this operator, and ClusterFailed."""
    until = time.monotonic() + patience
    while lacks := _lacks(cluster):
        if time.monotonic() >= until:
            more = f" and {len(lacks) - _SHOWN} more" if len(lacks) > _SHOWN else ""
            what = f"the CRD in the cluster is older than this operator: it does not keep {', '.join(lacks[:_SHOWN])}"
            raise InputError(
                f"{what}{more}", instead="apply that of this version: kubectl apply -f crds/, or the chart"
            )
        time.sleep(_LOOK_SECONDS)


def _lacks(cluster: Cluster) -> tuple[str, ...]:
    try:
        published = cluster.get(f"/openapi/v3/apis/{API_VERSION}")
    except (NotFound, Forbidden) as error:
        _log.warning("whether the CRD is of this version cannot be seen: %s", error)
        return ()
    return tuple(dropped(structural(ResourceStatus), status_in(published), "status"))


def status_in(published: dict[str, Any]) -> Schema:
    """The schema of the status in what an API server publishes of our group. Pure."""
    for schema in ((published.get("components") or {}).get("schemas") or {}).values():
        if any(one.get("kind") == KIND for one in schema.get("x-kubernetes-group-version-kind") or ()):
            found: Schema = (schema.get("properties") or {}).get("status") or {}
            return found
    return {}


def dropped(own: Schema, known: Schema, path: str) -> Iterator[str]:
    """What of `own` an API server that knows `known` does not keep, as paths. Pure."""
    if known.get("x-kubernetes-preserve-unknown-fields"):
        return
    there = known.get("properties") or {}
    for name, child in (own.get("properties") or {}).items():
        if name in there:
            yield from dropped(child, there[name], f"{path}.{name}")
        else:
            yield f"{path}.{name}"
    if "items" in own:
        yield from dropped(own["items"], known.get("items") or {}, f"{path}[]")
