"""What JSON schema cannot say of a spec, as CEL: each rule with a sentence for the person whose spec it refuses.

The models refuse the same (a test holds both together); these are for the API server, which then refuses at once.
Rules of single texts stand with them, in shapes.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass

# Lists whose entries have names: server-side apply merges them by these, and none may stand there twice.
LIST_KEYS = {"conditions": "type", "constraints": "constraint", "custom": "name"}


@dataclass(frozen=True, slots=True)
class Rule:
    """A CEL expression over `self`, and what is said where it does not hold; `field`: of which field below."""

    holds: str
    message: str
    field: str = ""

    def to_json(self) -> dict[str, str]:
        """As it stands in a CRD."""
        rule = {"rule": self.holds, "message": self.message}
        return {**rule, "fieldPath": self.field, "reason": "FieldValueRequired"} if self.field else rule


def _exactly_one(one: str, other: str, message: str) -> Rule:
    return Rule(f"has(self.{one}) != has(self.{other})", message)


_ANY_CONSTRAINT = " || ".join(
    f"has(self.{name})" for name in ("memory", "heap", "latency", "cardinality", "cpu", "throughput", "errors")
)
_CHANGES = "self.mode in ['Propose', 'Verify']"

# By the name of a model.
OF_MODEL: Mapping[str, tuple[Rule, ...]] = {
    "Constraints": (
        Rule(
            f"{_ANY_CONSTRAINT} || (has(self.custom) && size(self.custom) > 0)",
            "no constraint at all; write at least one, for example errors: {budgetPercent: 0.1}",
        ),
    ),
    "Latency": (
        Rule(
            "has(self.p50MaxMs) || has(self.p90MaxMs) || has(self.p99MaxMs)",
            "latency has no limit; write at least one of p50MaxMs, p90MaxMs, p99MaxMs",
        ),
    ),
    "Cardinality": (
        Rule(
            "has(self.maxUniqueLabels) || has(self.growthRate)",
            "cardinality is empty; write maxUniqueLabels, growthRate: bounded, or both",
        ),
    ),
    "Custom": (_exactly_one("max", "min", "a custom constraint needs exactly one of max and min"),),
    "ClusterLoad": (_exactly_one("http", "script", "load needs exactly one of http and script"),),
    "Revision": (_exactly_one("annotation", "imageTag", "revision needs exactly one of annotation and imageTag"),),
    "ClusterVerify": (
        Rule(
            "!(has(self.image) && has(self.source))",
            "verify has both image and source; write the one that the copies are made from",
        ),
    ),
    "ClusterRepair": (
        Rule(
            "self.proposer != 'command' || has(self.command)",
            "repair.proposer command needs command: the program that proposes changes",
            ".command",
        ),
        Rule(
            "self.mode == 'Observe' || has(self.source)",
            "repair.mode Diagnose, Propose and Verify need source: the repository of the target's code",
            ".source",
        ),
        Rule(
            f"!({_CHANGES}) || !has(self.source) || (has(self.source.paths) && size(self.source.paths) > 0)",
            "repair.mode Propose and Verify need source.paths: the files and folders that a repair may change",
            ".source.paths",
        ),
        Rule(
            f"!({_CHANGES}) || has(self.test)",
            "repair.mode Propose and Verify need test.command: the project's own tests",
            ".test",
        ),
    ),
    "ResourceSpec": (
        Rule(
            "!has(self.repair) || self.repair.mode != 'Verify' || "
            "(has(self.verify) && (has(self.verify.image) || has(self.verify.source)))",
            "repair.mode Verify needs verify.image or verify.source: what the copies are made from",
            ".verify",
        ),
        Rule(
            f"!has(self.repair) || !({_CHANGES.replace('self', 'self.repair')}) || has(self.load)",
            "repair.mode Propose and Verify need load: a repair is proven under the same load",
            ".load",
        ),
    ),
}
