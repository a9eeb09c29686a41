"""What is read from outside and has one form: constraints, results of pods, trees, orders, comments."""

import base64
import gzip
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from local.hostile.cases import Case, EscapedError, Layer
from local.hostile.pods import spec
from setpoint.api.configuration import Configuration
from setpoint.api.errors import SetpointError
from setpoint.api.forge import HostedPullRequest, Mark, PublishJob
from setpoint.api.remedy import Proposal
from setpoint.api.resource import ResourceSpec
from setpoint.api.step_result import parse_ending, parse_result, render_result
from setpoint.api.steps import RESULT_MARK
from setpoint.forge.people import listen
from setpoint.forge.port import Comment
from setpoint.forge.unpacking import Unpacking
from setpoint.kube.repair.allowed import repository_fault


def refused(make: Callable[[], object]) -> Callable[[Path], str]:
    """The attempt that has to end in one clear error of ours, or of the models'."""

    def attempt(_: Path) -> str:
        try:
            made = make()
        except ValidationError as error:
            return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        except SetpointError as error:
            return str(error)
        raise EscapedError(f"it was taken: {str(made)[:300]}")

    return attempt


def constraint(path: str, value: object) -> Callable[[Path], str]:
    """The attempt with a constraint in which one entry is another."""

    def make() -> object:
        written: dict[str, Any] = spec().to_json()
        *way, last = path.split(".")
        place = written
        for part in way:
            place = place[part]
        place[last] = value
        return ResourceSpec.model_validate(written)

    return refused(make)


def repository(address: str) -> Callable[[Path], str]:
    """The attempt with another repository."""
    return constraint("repair.source.repository", address)


def unlisted(address: str) -> Callable[[Path], str]:
    """The attempt to have the token sent elsewhere."""

    def attempt(_: Path) -> str:
        allowed = Configuration.model_validate({"repositories": ["https://git.example.com/shop/*"]})
        written = spec().to_json()
        written["repair"]["source"]["repository"] = address
        try:
            said = repository_fault(ResourceSpec.model_validate(written), allowed)
        except ValidationError as error:
            return str(error.errors()[0]["msg"])
        if not said:
            raise EscapedError(f"{address} may be repaired")
        return said

    return attempt


def result(log: str, digest: str | None = None) -> Callable[[Path], str]:
    """The attempt to be believed by the operator."""

    def attempt(_: Path) -> str:
        if (found := parse_result(log, digest)) is not None:
            raise EscapedError(f"it was believed: {found}")
        return "there is no result in it"

    return attempt


def packed(data: bytes) -> str:
    """A line as a step prints it."""
    return RESULT_MARK + base64.b64encode(gzip.compress(data, 1)).decode()


def ending(text: str) -> Callable[[Path], str]:
    """The attempt to leave another word about the end."""

    def attempt(_: Path) -> str:
        if parse_ending(text) is not None:
            raise EscapedError("it was believed")
        return "there is no ending in it"

    return attempt


def tree(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> Callable[[Path], str]:
    """The attempt to unpack an archive with such an entry."""

    def attempt(folder: Path) -> str:
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as file:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, target
            file.addfile(entry)
        archive.seek(0)
        (folder / "into").mkdir()
        try:
            Unpacking(folder / "into").unpack(archive)
        except SetpointError as error:
            if left := [path for path in folder.rglob("*") if path.name not in ("into", *Path(name).parts)]:
                raise EscapedError(f"it left {left}") from error
            return str(error)
        raise EscapedError("it was unpacked")

    return attempt


def publishing(**changes: object) -> Callable[[Path], str]:
    """The attempt with an order to publish."""
    order = {
        "hosting": {"kind": "git", "repository": "https://git.example.com/shop/app.git"},
        "branch": "setpoint/shop/1",
        "base": "main",
        "commit": "a" * 40,
        "patch": "x",
        "title": "t",
        "body": "b",
        "at": 1,
    }
    return refused(lambda: PublishJob.model_validate({**order, **changes}))


class Thread:
    """A forge of which only the comments are asked for; `writer` may push."""

    def __init__(self, comment: Comment) -> None:
        self._comment = comment

    def me(self) -> str:
        """Us."""
        return "setpoint-bot"

    def comments(self, _: object, __: str) -> Iterator[Comment]:
        """The one."""
        return iter([self._comment])

    def may_write(self, author: str) -> bool:
        """Who may."""
        return author == "writer"


def comment(body: str, author: str = "writer", **more: bool) -> Callable[[Path], str]:
    """The attempt to be obeyed."""

    def attempt(_: Path) -> str:
        at = "2026-01-01T00:00:00Z"
        pull = HostedPullRequest(number=1, url="u", branch="b", base="m", head="a" * 40, state="Open", draft=True)
        heard = listen(Thread(Comment(1, author, at, body, **more)), pull, Mark())  # type: ignore[arg-type]
        if heard.commands:
            raise EscapedError(f"obeyed: {heard.commands}")
        return heard.ignored[0].why if heard.ignored else "no command is in it"

    return attempt


STOP, _NO_ADDRESS = "/setpoint stop", "repository's address"
_SCHEMA = (
    ("a Secret of another namespace", constraint("repair.source.secretRef", "other/checkout-git"), "secret"),
    ("a script of another namespace", constraint("load", {"script": {"configMap": "other/x", "key": "k"}}), "load"),
    ("a target in another namespace", constraint("target.deployment", "other/checkout"), "target.deployment"),
    ("a namespace of its own choice", constraint("target.namespace", "kube-system"), "Extra|extra"),
    ("a pod template of its own", constraint("podTemplate", {"spec": {}}), "Extra|extra"),
    ("a Prometheus of its own", constraint("telemetry.prometheus", "http://169.254.169.254/"), "telemetry"),
    ("a repository that is a command", repository("ext::sh -c id"), _NO_ADDRESS),
    (
        "a repository that is an option",
        repository("--upload-pack=id"),
        "repository's address",
    ),
    (
        "a repository with a user",
        repository("https://a:b@git.example.com/s/a"),
        "repository's address",
    ),
    (
        "a repository that climbs",
        repository("https://git.example.com/s/../a/b"),
        "repository's address",
    ),
    ("a branch that is an option", constraint("repair.source.branch", "--force"), "branch"),
    ("a branch that climbs", constraint("repair.source.branch", "a/../../b"), "branch"),
    ("a source path that climbs", constraint("repair.source.paths", ["../"]), "paths"),
    ("an absolute source path", constraint("repair.source.paths", ["/etc"]), "paths"),
    ("a repository on another host", unlisted("https://evil.example/shop/app.git"), "not on the operator's list"),
    ("a host that begins alike", unlisted("https://git.example.com.evil.example/shop/a.git"), "not on the operator's"),
    ("a listed host in the path", unlisted("https://evil.example/git.example.com/shop/a.git"), "not on the operator's"),
    ("a listed host as the user", unlisted("https://git.example.com@evil.example/shop/a.git"), _NO_ADDRESS),
    ("a folder of ours as repository", unlisted("file:///etc/setpoint"), _NO_ADDRESS),
    ("a result with another digest", result(render_result(Proposal()), "0" * 64), "no result"),
    ("a result that is a bomb", result(packed(b" " * (65 * 2**20))), "no result"),
    ("a result without an end", result(packed(b"{}" * 9)[:-8]), "no result"),
    ("a result that nests without end", result(packed(b'{"a":' + b"[" * 200_000)), "no result"),
    ("an ending that is too long", ending(json.dumps({"digest": "0" * 64, "message": "x" * 9999})), "no ending"),
    ("an ending with both", ending(json.dumps({"digest": "0" * 64, "error": "InputError"})), "no ending"),
    ("a proposal of 50 MB", refused(lambda: Proposal(patch="x" * 50 * 2**20)), "at most 262144"),
    ("a tree that climbs", tree("../evil"), "evil"),
    ("a tree with an absolute path", tree("/evil"), "evil"),
    ("a tree with a device", tree("evil", tarfile.CHRTYPE), "neither a file"),
    ("a tree with a hard link", tree("evil", tarfile.LNKTYPE, "/etc/passwd"), "neither a file"),
    ("a tree with a link that leads out", tree("evil", tarfile.SYMTYPE, "../../etc"), "evil|leads"),
    ("a tree with a repository", tree(".git/config"), "git"),
)
_FORGE = (
    ("push to another branch than ours", publishing(branch="main"), "not a branch of ours"),
    ("show the token to the network", publishing(hosting={"kind": "git", "repository": "http://a.example/b"}), "token"),
    ("a command of a stranger", comment(STOP, "stranger"), "no write access"),
    ("a command of a machine", comment(STOP, machine=True), "machines"),
    ("a command that was written in later", comment(STOP, edited=True), "changed after"),
    ("a command in a quote", comment(f"> {STOP}"), "no command"),
    ("a command that is hidden", comment(f"<!--\n{STOP}\n-->"), "no command"),
    ("a command in code", comment(f"```\n{STOP}\n```"), "no command"),
    ("a command of our own comment", comment(STOP, "setpoint-bot"), "no command"),
)
CASES = [
    *(Case(name, Layer.SCHEMA, because, attempt) for name, attempt, because in _SCHEMA),
    *(Case(name, Layer.FORGE, because, attempt) for name, attempt, because in _FORGE),
]
