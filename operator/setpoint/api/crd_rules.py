"""What JSON schema cannot say of a spec, as CEL: each rule with a sentence for the person whose spec it refuses.

The models refuse the same (a test holds both together); these are for the API server, which then refuses at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LABEL = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"


@dataclass(frozen=True, slots=True)
class Rule:
    """A CEL expression over `self`, and what is said where it does not hold."""

    holds: str
    message: str

    def to_json(self) -> dict[str, str]:
        """As it stands in a CRD."""
        return {"rule": self.holds, "message": self.message}


def _exactly_one(one: str, other: str, message: str) -> Rule:
    return Rule(f"has(self.{one}) != has(self.{other})", message)


_ANY_CONSTRAINT = " || ".join(
    f"has(self.{name})" for name in ("memory", "heap", "latency", "cardinality", "cpu", "throughput", "errors")
)
_CHANGES = "self.repair.mode in ['Propose', 'Verify']"

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
    "Revision": (
        _exactly_one("annotation", "imageTag", "revision needs exactly one of annotation and imageTag"),
        Rule(
            "!has(self.imageTag) || self.imageTag.split('{sha}').size() == 2",
            "imageTag does not say where the commit stands; write {sha} in it once",
        ),
    ),
    "ClusterVerify": (
        Rule(
            "!(has(self.image) && has(self.source))",
            "verify has both image and source; write the one that the copies are made from",
        ),
    ),
    "ClusterRepair": (
        Rule(
            "self.mode == 'Observe' || has(self.source)",
            "repair.mode other than Observe needs source: the repository of the target's code",
        ),
        Rule(
            "!(self.mode in ['Propose', 'Verify']) || !has(self.source) || "
            "(has(self.source.paths) && size(self.source.paths) > 0)",
            "repair.mode Propose and Verify need source.paths: the files and folders that a repair may change",
        ),
        Rule(
            "!(self.mode in ['Propose', 'Verify']) || has(self.test)",
            "repair.mode Propose and Verify need test.command: the project's own tests",
        ),
    ),
    "ResourceSpec": (
        Rule(
            "!has(self.repair) || self.repair.mode != 'Verify' || "
            "(has(self.verify) && (has(self.verify.image) || has(self.verify.source)))",
            "repair.mode Verify needs verify.image or verify.source: what the copies are made from",
        ),
        Rule(
            f"!has(self.repair) || !({_CHANGES}) || has(self.load)",
            "repair.mode Propose and Verify need load: a repair is proven under the same load",
        ),
    ),
}

_INSIDE = Rule(
    "size(self) > 0 && !self.startsWith('/') && !self.split('/').exists(part, part == '..')",
    "this does not lie inside the repository; write a relative path without ..",
)
_DURATION_PATTERN = r"^(\d+h)?(\d+m)?(\d+(\.\d+)?s)?(\d+ms)?$"
# Text that is no duration at all is refused by the pattern; CEL would refuse it a second time, less clearly.
_IS_ONE = "self.size() > 1 && self.matches(r'" + _DURATION_PATTERN + "')"
_LONG = Rule(
    f"!({_IS_ONE}) || (duration(self) > duration('0s') && duration(self) <= duration('168h'))",
    "this is not a duration between 0 and 7 days; write for example 90s, 20m or 1h30m",
)
_SHORT = Rule(
    f"!({_IS_ONE}) || duration(self) <= duration('168h')", "this is longer than 7 days; write a shorter duration"
)
_DURATION = {"type": "string", "maxLength": 32, "pattern": _DURATION_PATTERN, "minLength": 2}
_PORT = Rule(
    f"type(self) == int ? (self >= 1 && self <= 65535) : (self.matches('{LABEL}') && size(self) <= 15)",
    "a port is a number from 1 to 65535, or the name of the Service's port",
)
_BRANCH = Rule(
    "!self.startsWith('-') && !self.startsWith('refs/') && !self.contains('..') && !self.endsWith('.lock')",
    "this is not the name of a branch; write for example main",
)
_MONEY = Rule("double(self) > 0.0", 'this is not an amount of US dollars; write for example "5.00"')

# By the name of a type (format setpoint-...) or by model and field: what its schema says besides, or instead.
OF_FORMAT: Mapping[str, dict[str, Any]] = {
    "setpoint-duration": {**_DURATION, "x-kubernetes-validations": [_SHORT.to_json()]},
    "setpoint-long-duration": {**_DURATION, "x-kubernetes-validations": [_LONG.to_json()]},
    "setpoint-inside-path": {"type": "string", "maxLength": 512, "x-kubernetes-validations": [_INSIDE.to_json()]},
    "setpoint-url-path": {"type": "string", "maxLength": 2048, "pattern": r"^/[^\s\x00-\x1f]*$"},
    "setpoint-branch": {
        "type": "string",
        "maxLength": 255,
        "pattern": r"^[^\s\x00-\x20:~^?*\[\\]+$",
        "x-kubernetes-validations": [_BRANCH.to_json()],
    },
    "setpoint-repository": {
        "type": "string",
        "maxLength": 2048,
        "pattern": r"^https?://[A-Za-z0-9][-A-Za-z0-9.]*(:\d{1,5})?/[A-Za-z0-9._~/-]+$",
        "x-kubernetes-validations": [
            Rule("!self.contains('..')", "this is not a repository's address; write it without ..").to_json()
        ],
    },
    "setpoint-dollars": {
        "type": "string",
        "maxLength": 13,
        "pattern": r"^\d{1,6}(\.\d{1,6})?$",
        "x-kubernetes-validations": [_MONEY.to_json()],
    },
    "setpoint-model": {"type": "string", "maxLength": 200, "pattern": "^[!-~]+$"},
    "setpoint-port": {"x-kubernetes-int-or-string": True, "x-kubernetes-validations": [_PORT.to_json()]},
}
