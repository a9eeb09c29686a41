"""The gateway's side of the cluster: TokenReview, the grants, the ledger."""

from typing import Any

from pydantic import ValidationError

from setpoint.api.errors import NoVerdict
from setpoint.api.gateway import AUDIENCE, GRANTS_MAP, LEDGER_KEY, LEDGER_MAP, Grant, Ledger
from setpoint.gateway.ports import Caller, LedgerMovedError
from setpoint.kube.cluster import Cluster, path_of
from setpoint.kube.refusals import Conflict

_USER = "system:serviceaccount:"
_POD = "authentication.kubernetes.io/pod-name"


class TokenReviews:
    """The API server knows who a token belongs to, and whether the account and the pod are still there."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def caller(self, token: str) -> Caller | None:
        """Whose token it is; None: nobody's, or not for us. Raises ClusterFailed."""
        asked = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": {"token": token, "audiences": [AUDIENCE]},
        }
        answer = self._cluster.create(path_of("authentication.k8s.io/v1", "tokenreviews"), asked)
        return caller_of(answer.get("status") or {})


def caller_of(status: dict[str, Any]) -> Caller | None:
    """The caller in a TokenReview's status. An API server that names no audience has not looked at it."""
    user = status.get("user") or {}
    name = str(user.get("username") or "")
    namespace, _, account = name.removeprefix(_USER).partition(":")
    known = status.get("authenticated") is True and AUDIENCE in (status.get("audiences") or ())
    if not known or not name.startswith(_USER) or not account or not user.get("uid"):
        return None
    pods = (user.get("extra") or {}).get(_POD) or [""]
    return Caller(namespace, account, str(user["uid"]), str(pods[0]))


class GrantsMap:
    """The grants in a ConfigMap of the gateway's namespace."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self._cluster, self._path = cluster, path_of("v1", "configmaps", namespace, GRANTS_MAP)

    def grant(self, key: str) -> Grant | None:
        """The grant of that key. Raises ClusterFailed."""
        text = (self._cluster.get(self._path).get("data") or {}).get(key)
        try:
            return Grant.model_validate_json(text) if text else None
        except ValidationError:
            return None


def expired(found: dict[str, Any], now: float) -> list[str]:
    """Keys of grants in their ConfigMap whose time is over, or that nobody can read."""
    return [key for key, text in (found.get("data") or {}).items() if not _holds(text, now)]


def _holds(text: str, now: float) -> bool:
    try:
        return Grant.model_validate_json(text).until >= now
    except ValidationError:
        return False


class LedgerMap:
    """The ledger in a ConfigMap of the gateway's namespace, which the install has put there."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self._cluster, self._namespace = cluster, namespace
        self._path = path_of("v1", "configmaps", namespace, LEDGER_MAP)
        self._found: dict[str, Any] = {}

    def read(self) -> tuple[Ledger, str]:
        """The ledger. Raises ClusterFailed; NoVerdict for one that cannot be read: what was spent is not known then."""
        self._found = self._cluster.get(self._path)
        return ledger_in(self._found), self._found["metadata"]["resourceVersion"]

    def write(self, ledger: Ledger, version: str) -> str:
        """Replace that version. Raises LedgerMovedError and ClusterFailed."""
        text = ledger.model_dump_json(by_alias=True)
        kept = {name: self._found["metadata"].get(name) for name in ("name", "namespace", "labels", "annotations")}
        metadata = {name: value for name, value in kept.items() if value} | {"resourceVersion": version}
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {LEDGER_KEY: text}}
        try:
            return str(self._cluster.replace(self._path, body)["metadata"]["resourceVersion"])
        except Conflict as error:
            raise LedgerMovedError(str(error)) from error


def ledger_in(found: dict[str, Any]) -> Ledger:
    """The ledger in its ConfigMap, an empty one before the first call. Raises NoVerdict."""
    text = (found.get("data") or {}).get(LEDGER_KEY)
    try:
        return Ledger.model_validate_json(text) if text else Ledger()
    except ValidationError as error:
        what = f"the ConfigMap {LEDGER_MAP} cannot be read ({error.error_count()} faults), so no call is let through"
        raise NoVerdict(f"{what}; restore it, or delete its key {LEDGER_KEY} and with it what was spent") from None
