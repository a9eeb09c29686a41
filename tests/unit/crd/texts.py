"""Texts for every shape: what fits, and what must not."""

from typing import get_args

from setpoint.api import shapes
from setpoint.api.shapes import Shape

SHAPES = {
    name: shape for name in dir(shapes) for shape in get_args(getattr(shapes, name))[1:] if isinstance(shape, Shape)
}
# Of each shape what fits, and what must not.
TEXTS: dict[str, tuple[list[str], list[str]]] = {
    "LabelName": (["a", "a-1", "0"], ["A", "-a", "a-", "a.b", "a\n", "ä"]),
    "ObjectName": (["a", "a.b-c.d"], ["a..b", ".a", "a.", "a.-b", "a/b"]),
    "KeyName": (["script.js", "_a", ".a", "..."[:1] + "x"], ["..", ".", "..a", "a/b", ""]),
    "UrlPath": (["/", "/a?b=c#d", "/ä", "/a%20b"], ["a", "/100%", "/%2", "/%zz", "http://a/", "/a b", "/a\n", "/\x00"]),
    "InsidePath": (["src/", "a..b", "...", "a b", "-x"], ["..", "/a", "a/../b", "a/..", "../a", "", "a\nb"]),
    "BranchName": (
        ["main", "release/1.x", "ä", "a@b"],
        ["--force", "refs/x", "a..b", "a b", "a.lock", "/a", "a/", "@"],
    ),
    "Dollars": (["5", "5.00", "0.000001"], ["0", "0.0", "", "-1", "1e3", "5.", ".5", "$5", "1,000"]),
    "ModelName": (["m-1", "a/b:c"], ["a b", "ä", ""]),
    "VariableName": (["A", "_a1"], ["1A", "A=b", "A-B"]),
    "ImageName": (["a", "a.b:5000/c/d:1@sha256:0"], ["-v", "a b", "ä", "a\u00a0b"]),
    "CommitImage": (["a:{sha}", "a.b/c:v-{sha}-x", "{sha}"], ["a:1", "a:{sha}{sha}", "-a:{sha}", "a b:{sha}"]),
    "CommitTag": (["{sha}", "v1-{sha}"], ["sha", "{sha}{sha}", "a:{sha}"]),
    "AnnotationName": (["commit", "example.com/commit", "A_b.c"], ["/commit", "a/b/c", "a b", "Example.com/a"]),
    "RepositoryUrl": (
        ["https://a/b.git", "http://git:3000/~a/b"],
        ["ext::sh -c id", "file:///a", "https://u:p@a/b", "https://a", "https://a/../b", "git@a:b", "https://a/b?c"],
    ),
    "MountPath": (["/app", "/a/b.c"], ["/", "//", "a", "/a/../b", "/.."]),
    "Cron": (
        ["0 2 * * *", "*/5 0-6,8 1 JAN mon", "0 0 L * 5L", "0 0 LW * 1#2"],
        ["@daily", "0 2 * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "*/0 * * * *"],
    ),
    "TimeZone": (["UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+1"], ["../a", "a//b", "a b", "/a"]),
    "HeaderName": (["X-Id"], ["X Id", "X:", "ä"]),
    "HeaderValue": (["", "ä", "a\tb"], ["a\nb", "a\r", "\x00"]),
    "SignalName": (["heap"], ["latency", "heaps"]),
}
