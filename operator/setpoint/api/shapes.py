"""Texts of one shape: said once, held by the models and, through the CRD, by the API server.

Patterns match the whole text, and are kept to what Python's and Go's regular expressions read alike: no classes such as
`\\d`, `\\s` or `\\w`, no looking around. `never` names what is refused all the same.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True, slots=True)
class Shape:
    """A text's pattern and length, and the sentence for the person whose text does not fit."""

    pattern: str
    longest: int
    what: str
    instead: str
    never: str = ""
    least: int = 1

    def check(self, text: str) -> str:
        """`text`, if it fits; raises ValueError."""
        if not re.fullmatch(self.pattern, text) or (self.never and re.fullmatch(self.never, text)):
            raise ValueError(f"{text!r} {self.what}; {self.instead}")
        return text

    def rule(self) -> dict[str, str]:
        """The same in CEL."""
        fits = [f"self.matches(r'{anchored(self.pattern)}')"]
        fits += [f"!self.matches(r'{anchored(self.never)}')"] if self.never else []
        return {"rule": " && ".join(fits), "message": f"{self.what}; {self.instead}"}

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(
            self.check, core_schema.str_schema(min_length=self.least, max_length=self.longest)
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {
            **handler(schema),
            "pattern": anchored(self.pattern),
            "x-kubernetes-validations": [self.rule()],
        }


def anchored(pattern: str) -> str:
    """`pattern` for readers that would be content with a part of the text."""
    return f"^(?:{pattern})$"


_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_TIMES = {"minute": "[0-5]?[0-9]", "hour": "1?[0-9]|2[0-3]|0[0-9]", "day": "0?[1-9]|[12][0-9]|3[01]|LW?"}
_TIMES |= {"month": "0?[1-9]|1[0-2]|[A-Za-z]{3}", "weekday": "[0-7]|[A-Za-z]{3}|[0-7]L|([0-7]|[A-Za-z]{3})#[1-5]"}


def _cron() -> str:
    def field(value: str) -> str:
        item = rf"(\*|({value})(-({value}))?)(/[1-9][0-9]*)?"
        return f"{item}(,{item})*"

    return " +".join(f"({field(value)})" for value in _TIMES.values())


_NAME_RULE = "use lower-case letters, digits and dashes, a letter or digit at both ends, at most 63 characters"
# Names of objects (RFC 1123). A Deployment's name also goes into names that are derived from it.
LabelName = Annotated[str, Shape(_LABEL, 63, "is not a name", _NAME_RULE)]
ObjectName = Annotated[
    str,
    Shape(
        rf"{_LABEL}(\.{_LABEL})*",
        253,
        "is not the name of an object",
        "use lower-case letters, digits, dashes and dots, a letter or digit at both ends and beside each dot",
    ),
]
KeyName = Annotated[
    str,
    Shape(
        r"[-._a-zA-Z0-9]+",
        253,
        "is not the name of a key",
        "use letters, digits, dots, dashes and underscores, for example script.js",
        never=r"\.|\.\..*",
    ),
]
# k6 would count a path or a header that it cannot send as failed requests; that is not the target's fault.
UrlPath = Annotated[
    str,
    Shape(
        r"/([^\x00-\x20\x7f-\xa0%]|%[0-9A-Fa-f]{2})*",
        2048,
        "is not a path on the target",
        "write for example /healthz, and %25 for a % that starts no escape",
    ),
]
InsidePath = Annotated[
    str,
    Shape(
        r"[^\x00-\x1f\x7f]+",
        1024,
        "does not lie inside the repository",
        "write a relative path without ..",
        never=r"/.*|(.*/)?\.\.(/.*)?",
    ),
]
BranchName = Annotated[
    str,
    Shape(
        r"[^\x00-\x20\x7f:~^?*\[\\]+",
        255,
        "is not a branch name",
        "write for example main",
        never=r"-.*|refs/.*|.*\.\..*|(.*/)?\..*|.*\.lock(/.*)?|.*\.|/.*|.*/|.*//.*|.*@\{.*|@",
    ),
]
# text: money does not survive binary fractions
Dollars = Annotated[
    str,
    Shape(
        r"[0-9]{1,6}(\.[0-9]{1,6})?",
        13,
        "is not an amount of US dollars",
        'write for example "5.00"',
        never=r"[0.]*",
    ),
]
ModelName = Annotated[str, Shape("[!-~]+", 200, "is not the name of a model", "write it as the model's maker does")]
VariableName = Annotated[
    str,
    Shape(
        "[A-Za-z_][A-Za-z0-9_]*",
        200,
        "is not the name of an environment variable",
        "write the name alone, without a value",
    ),
]
ImageName = Annotated[
    str,
    Shape(
        "[!-,.-~][!-~]*",
        512,
        "is not the name of an image",
        "write for example registry.example.com/shop/checkout:1.2",
    ),
]
CommitImage = Annotated[
    str,
    Shape(
        r"([A-Za-z0-9][-A-Za-z0-9._/:@]*)?\{sha\}[-A-Za-z0-9._]*",
        512,
        "is not the name of an image that says where the commit stands",
        "write {sha} in it once, for example registry.example.com/shop/checkout:{sha}",
    ),
]
CommitTag = Annotated[
    str,
    Shape(
        r"[-A-Za-z0-9._]*\{sha\}[-A-Za-z0-9._]*",
        128,
        "does not say where the commit stands in the image's tag",
        "write {sha} in it once",
    ),
]
AnnotationName = Annotated[
    str,
    Shape(
        rf"({_LABEL}(\.{_LABEL})*/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?",
        317,
        "is not the name of an annotation",
        "write for example example.com/commit",
    ),
]
RepositoryUrl = Annotated[
    str,
    Shape(
        r"https?://[A-Za-z0-9][-A-Za-z0-9.]*(:[0-9]{1,5})?/[A-Za-z0-9._~/-]+",
        2048,
        "is not a repository's address",
        "write for example https://git.example.com/shop/checkout.git",
        never=r".*\.\..*",
    ),
]
MountPath = Annotated[
    str,
    Shape(
        "/[-A-Za-z0-9._/]+",
        1024,
        "is not a folder of the container",
        "write for example /app",
        never=r"/+|(.*/)?\.\.(/.*)?",
    ),
]
Cron = Annotated[
    str,
    Shape(
        _cron(),
        200,
        "is no schedule of the five fields minute, hour, day, month, weekday",
        'write for example "0 2 * * *"',
    ),
]
TimeZone = Annotated[
    str,
    Shape("[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*", 64, "is no time zone", "write for example Europe/Lisbon"),
]
HeaderName = Annotated[
    str,
    Shape("[-!#$%&*+.^_`|~0-9A-Za-z]+", 128, "is not the name of a header", "write for example X-Request-Id"),
]
HeaderValue = Annotated[
    str,
    Shape(r"[^\x00-\x08\x0a-\x1f\x7f]*", 4096, "is not the value of a header", "write it on one line", least=0),
]
SignalName = Annotated[
    str,
    Shape(
        "memory|heap|cardinality|cpu",
        32,
        "is not a signal whose query can be replaced",
        "known are memory, heap, cardinality, cpu",
    ),
]
