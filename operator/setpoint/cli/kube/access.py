"""The cluster that was asked for, and constraints in it by name; whatever is wrong with either is one clear error."""

import difflib
from argparse import Namespace
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from setpoint.api.errors import InputError
from setpoint.api.resource import API_VERSION, PLURAL
from setpoint.kube.cluster import Cluster, Object, connect, path_of
from setpoint.kube.kubeconfig import contexts, namespace_of
from setpoint.kube.refusals import ClusterFailed, NotFound
from setpoint.report.text import clean

NO_CRD = "this cluster knows no PerformanceConstraint; install Setpoint's chart or its CRD there first"
MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class Access:
    """A cluster, and the namespace that is meant (None: all)."""

    cluster: Cluster
    namespace: str | None

    def path(self, name: str | None = None) -> str:
        """Of a constraint, or of all that are meant."""
        return path_of(API_VERSION, PLURAL, self.namespace, name)

    def all(self) -> list[Object]:
        """Every constraint that is meant."""
        try:
            return self.cluster.list(self.path())
        except NotFound:
            raise ClusterFailed(NO_CRD) from None

    def one(self, name: str) -> Object:
        """The constraint of that name; else an error that names what is there."""
        found = self.cluster.find(self.path(name))
        if found is None:
            raise InputError(f"there is no constraint {clean(name)!r}", instead=self._instead(name))
        return found

    def change(self, found: Object, annotations: dict[str, str | None]) -> Object:
        """Set (None: remove) annotations of the constraint that was read, and of no other of its name."""
        metadata = found["metadata"]
        path = path_of(API_VERSION, PLURAL, metadata["namespace"], metadata["name"])
        return self.cluster.merge(path, {"metadata": {"uid": metadata["uid"], "annotations": annotations}})

    def _instead(self, name: str) -> str:
        here = [one["metadata"]["name"] for one in self.all()]
        if near := difflib.get_close_matches(name, here, n=1):
            return f"did you mean {clean(near[0])}?"
        with suppress(ClusterFailed):
            everywhere = self.cluster.list(path_of(API_VERSION, PLURAL))
            homes = [one["metadata"]["namespace"] for one in everywhere if one["metadata"]["name"] == name]
            if homes:
                return f"it is in namespace {clean(homes[0])}: add -n {clean(homes[0])}"
        if not here:
            return f"there is none in namespace {self.namespace}"
        more = f" and {len(here) - MOST_NAMES} more" if len(here) > MOST_NAMES else ""
        return f"in namespace {self.namespace} there is {', '.join(map(clean, here[:MOST_NAMES]))}{more}"


def open_access(args: Namespace, *, all_allowed: bool = False) -> Access:
    """The cluster and namespace of the arguments."""
    if args.all_namespaces and not all_allowed:
        raise InputError("-A names no one constraint", where=args.verb, instead="write -n NAMESPACE")
    if args.all_namespaces and args.namespace:
        raise InputError("-A and -n contradict each other", where=args.verb, instead="leave one of them out")
    if args.namespace == "":
        raise InputError("-n is empty", where=args.verb, instead="write a namespace, or leave it out")
    if args.kubeconfig is not None and not Path(args.kubeconfig).is_file():
        raise InputError("there is no such file", where=f"--kubeconfig {args.kubeconfig}", instead="check its path")
    if args.context is not None:
        _check_context(args.context, contexts(args.kubeconfig))
    namespace = None if args.all_namespaces else args.namespace or namespace_of(args.kubeconfig, args.context)
    return Access(connect(args.kubeconfig, args.context, user_agent="setpoint-cli"), namespace)


def _check_context(context: str, known: list[str]) -> None:
    if context in known:
        return
    near = difflib.get_close_matches(context, known, n=1)
    instead = f"did you mean {clean(near[0])}?" if near else f"there is {', '.join(map(clean, known)) or 'none'}"
    raise InputError("the kubeconfig has no such context", where=f"--context {context}", instead=instead)
