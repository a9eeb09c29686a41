"""The CustomResourceDefinition, made from the models: one truth for the API server, the operator and the files."""

from setpoint.api.resource import GROUP, KIND, PLURAL, SHORT_NAME, VERSION, ResourceSpec
from setpoint.api.status import ResourceStatus
from setpoint.api.structural import Schema, structural

NAME = f"{PLURAL}.{GROUP}"
# Without it, who reads Ready, Reconciling and Stalled (kstatus, so Flux) takes a constraint that no operator has looked
# at as done: no condition there means that all is well.
NEVER_SEEN = {"observedGeneration": -1}
_OF_STATUS = ("type", "description", "format", "nullable", "x-kubernetes-list-type", "x-kubernetes-list-map-keys")


def crd() -> Schema:
    """The CRD as JSON."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": NAME},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": KIND,
                "listKind": f"{KIND}List",
                "plural": PLURAL,
                "singular": KIND.lower(),
                "shortNames": [SHORT_NAME, "perfc"],
                "categories": ["setpoint"],
            },
            "versions": [_version()],
        },
    }


def _version() -> Schema:
    return {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": list(_columns()),
        "schema": {
            "openAPIV3Schema": {
                "type": "object",
                "description": "The setpoints of a Deployment, how they are measured, what may be done.",
                "required": ["spec"],
                "properties": {
                    "apiVersion": {"type": "string"},
                    "kind": {"type": "string"},
                    "metadata": {"type": "object"},
                    "spec": structural(ResourceSpec),
                    "status": {**_lenient(structural(ResourceStatus)), "default": NEVER_SEEN},
                },
            }
        },
    }


def _columns() -> list[Schema]:
    def condition(kind: str, field: str) -> str:
        return f'.status.conditions[?(@.type=="{kind}")].{field}'

    shown = (
        ("Target", "string", ".spec.target.deployment", 0),
        ("Compliant", "string", condition("Compliant", "status"), 0),
        ("Worst", "string", ".status.worst", 0),
        ("Remediation", "string", condition("Remediating", "reason"), 0),
        ("Ready", "string", condition("Ready", "status"), 0),
        ("LastRun", "date", ".status.lastRun.startedAt", 0),
        ("Age", "date", ".metadata.creationTimestamp", 0),
        ("Phase", "string", ".status.phase", 1),
        ("Reason", "string", condition("Compliant", "reason"), 1),
        ("Message", "string", condition("Compliant", "message"), 1),
        ("Step", "string", ".status.remediation.step", 1),
        ("PullRequest", "string", ".status.remediation.pullRequest.url", 1),
        ("NextRun", "string", ".status.nextRunTime", 1),
        ("Suspended", "boolean", ".spec.suspend", 1),
    )
    return [
        {"name": name, "type": kind, "jsonPath": path, **({"priority": wide} if wide else {})}
        for name, kind, path, wide in shown
    ]


def _lenient(schema: Schema) -> Schema:
    """What the operator writes is not refused: a newer one may know more reasons, and rows may be many.

    Only types are held, and of entries of lists the names that they are merged by.
    """
    kept = {key: schema[key] for key in _OF_STATUS if key in schema}
    if "properties" in schema:
        kept["properties"] = {name: _lenient(child) for name, child in schema["properties"].items()}
    if "items" in schema:
        kept["items"] = _lenient(schema["items"])
    if keys := schema.get("x-kubernetes-list-map-keys"):
        kept["items"]["required"] = keys
    return kept
