"""A repository somewhere else: fetched fresh for each order, one commit on top, one branch pushed with a lease.

git runs here with no settings of anybody: not the user's, not the machine's. It speaks only the protocol of the
address that it was given, goes where no redirect leads, and gets the token from a program that tells it to one server.
"""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from setpoint.api.errors import ForgeBusy, ForgeDenied, ForgeFailed, RevisionUnknown
from setpoint.api.forge import Hosting
from setpoint.api.ports import PublishOrder
from setpoint.forge.command import GitFailed, git
from setpoint.forge.commit import check_ours, commit_order
from setpoint.forge.repository import Repository
from setpoint.forge.token import Token, read_token, write_askpass

TIMEOUT_SECONDS = 600.0
_SETTINGS = (
    "credential.helper=",
    "fetch.recurseSubmodules=no",
    "fetch.writeCommitGraph=false",
    "gc.auto=0",
    "http.followRedirects=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=60",
    "protocol.allow=never",
    "push.recurseSubmodules=no",
    "transfer.credentialsInUrl=die",
)
_DENIED = re.compile(r"Authentication failed|could not read (Username|Password)|returned error: 40[13]|HTTP 40[13]")
_ABSENT = re.compile(r"not found|does not appear to be a git repository|does not exist", re.IGNORECASE)
_BUSY = re.compile(
    r"Could not resolve host|[Ff]ailed to connect|Couldn't connect|Connection (reset|refused|timed out)|timed? ?out"
    r"|did not end within|returned error: (429|5\d\d)|unexpected disconnect|early EOF|remote end hung up"
)
_MOVED = re.compile(r"returned error: 30[12378]|unable to update url base from redirection")
_WHOLE = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# An archive holds files as they are committed, whatever the repository's own attributes say.
AS_COMMITTED = "* -text !eol !ident !filter !working-tree-encoding !export-ignore !export-subst\n"
_NO_COMMIT = re.compile(r"not our ref|unadvertised object|no such remote ref|couldn't find remote ref", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Made:
    """The order's commit, here but not pushed yet. `touched`: the files in which it differs from the deployed one."""

    head: str
    tree: str
    touched: tuple[str, ...]


class RemoteRepository:
    """Use it by `remote_repository`. Every method raises ForgeFailed, or one of its kinds."""

    def __init__(self, hosting: Hosting, token: Token, folder: Path, askpass: Path) -> None:
        self._url, self._token = hosting.repository, token
        self._repository = Repository(folder, folder, folder, "")
        scheme = urlsplit(hosting.repository).scheme
        bundle = (f"http.sslCAInfo={hosting.ca_file}",) if hosting.ca_file else ()
        self._settings = (*_SETTINGS, f"protocol.{scheme}.allow=always", *bundle)
        home = str(askpass.parent)
        self._environment = {
            "HOME": home,
            "XDG_CONFIG_HOME": home,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ASKPASS": str(askpass),
        }

    def head(self, branch: str) -> str:
        """The commit that `branch` is at over there; empty when there is no such branch."""
        ref = f"refs/heads/{branch}"
        lines = self._run("ls-remote", "--refs", self._url, ref).splitlines()
        return next((line.split("\t")[0] for line in lines if line.endswith(f"\t{ref}")), "")

    def find(self, prefix: str) -> str:
        """The whole id of the one commit on a branch that begins with `prefix`; a whole id is taken as it is.

        Raises RevisionUnknown when there is none, or several.
        """
        if _WHOLE.fullmatch(prefix):
            return prefix
        history = self._repository.git_dir.with_name("history")
        git(("init", "--quiet", "--bare", "--template=", str(history)), history.parent, self._environment)
        # Commits without their files, from servers that can leave those out.
        fetch = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--filter=tree:0")
        self._run(*fetch, self._url, "+refs/heads/*:refs/setpoint/*", folder=history)
        commits = self._run("rev-list", "--all", folder=history).split()
        found = [commit for commit in commits if commit.startswith(prefix)]
        if len(found) > 1:
            what = f"{prefix} is the beginning of {len(found)} commits of {self._url}"
            raise RevisionUnknown(f"{what}; write more of it, for instance {found[0][:12]}")
        if not found:
            raise RevisionUnknown(f"the repository has no commit {prefix} on any branch")
        return found[0]

    def archive(self, commit: str, file: Path) -> None:
        """Write the tree of `commit` into the new tar archive `file`, byte for byte; submodules are empty folders."""
        self._fetch(commit)
        attributes = self._repository.git_dir / "info" / "attributes"
        attributes.parent.mkdir(exist_ok=True)
        attributes.write_text(AS_COMMITTED)
        self._run("archive", "--format=tar", f"--output={file}", commit)

    def submodules(self, commit: str) -> str:
        """The submodules of a commit that was fetched: `id path` of each, with a NUL behind it."""
        entries = (entry.partition("\t") for entry in self._run("ls-tree", "-r", "-z", commit).split("\0"))
        return "".join(f"{what.split()[2]} {path}\0" for what, _, path in entries if what.startswith("160000 "))

    def make(self, order: PublishOrder) -> Made:
        """Fetch the deployed commit, and make the order's on top of it."""
        self._fetch(order.commit)
        head = commit_order(self._repository, order)
        tree = self._run("rev-parse", f"{head}^{{tree}}").strip()
        return Made(head, tree, self._changed(order.commit, head))

    def superseded(self, order: PublishOrder, made: Made, base: str) -> tuple[str, ...]:
        """The files of the order that branch `base` has otherwise now than the deployed commit."""
        tip = self.head(base)
        if not tip:
            raise ForgeFailed(f"the repository has no branch {base!r}, which the pull request is for")
        if tip == order.commit:
            return ()
        self._fetch(tip)
        return tuple(sorted(set(made.touched) & set(self._changed(order.commit, tip))))

    def push(self, order: PublishOrder, made: Made) -> None:
        """Move the branch from `order.expected_head` to the new commit; a branch that is there already is adopted.

        Raises ForeignCommit when it is anywhere else, whenever that happened: the server compares once more.
        """
        current = self.head(order.branch)
        if current == made.head:
            return
        check_ours(order, current)
        ref = f"refs/heads/{order.branch}"
        lease = f"--force-with-lease={ref}:{order.expected_head}"
        try:
            self._run("push", "--quiet", "--no-verify", lease, self._url, f"{made.head}:{ref}")
        except ForgeFailed as error:
            current = self.head(order.branch)
            if current == made.head:  # it arrived, only the answer did not
                return
            check_ours(order, current)
            if type(error) is not ForgeFailed:  # denied, or not now: it says more than that we failed
                raise
            raise ForgeFailed(f"branch {order.branch} was not moved: {error}") from error

    def _fetch(self, commit: str) -> None:
        """This commit alone; where a server gives out only what branches are at, everything."""
        fetch = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head")
        try:
            self._run(*fetch, "--depth=1", self._url, commit)
        except ForgeFailed as error:
            if not _NO_COMMIT.search(str(error)):
                raise
            self._run(*fetch, self._url, "+refs/heads/*:refs/setpoint/*")
        try:
            self._run("cat-file", "-e", f"{commit}^{{commit}}")
        except ForgeFailed as error:
            raise RevisionUnknown(f"the repository has no commit {commit[:12]} on any branch") from error

    def _changed(self, one: str, other: str) -> tuple[str, ...]:
        names = self._run("diff-tree", "-r", "-z", "--no-renames", "--name-only", one, other)
        return tuple(name for name in names.split("\0") if name)

    def _run(self, *arguments: str, folder: Path | None = None) -> str:
        folder = folder or self._repository.git_dir
        try:
            printed = git(arguments, folder, self._environment, settings=self._settings, timeout=TIMEOUT_SECONDS)
        except GitFailed as error:
            raise self._translated(str(error)) from None  # the cause would show what was not redacted
        return os.fsdecode(printed)

    def _translated(self, said: str) -> ForgeFailed:
        """What kind of failure it is, by git's words (which are English here, whatever the machine speaks)."""
        said = self._token.redact(said)
        if _DENIED.search(said):
            why = "refused the token" if self._token else "asks for a token"
            return ForgeDenied(f"{self._url} {why}: {said}")
        if _MOVED.search(said):
            why = "sends us elsewhere, which is not followed; was the repository renamed? Write its new address"
            return ForgeFailed(f"{self._url} {why}: {said}")
        if _BUSY.search(said):
            return ForgeBusy(f"{self._url} did not answer: {said}")
        if _ABSENT.search(said) and not _NO_COMMIT.search(said):
            return ForgeDenied(f"{self._url} is not there, or the token may not see it: {said}")
        return ForgeFailed(said)


@contextmanager
def remote_repository(hosting: Hosting) -> Iterator[RemoteRepository]:
    """`hosting`'s repository, by way of an empty one in a temporary folder, which is gone at the end."""
    token = read_token(hosting.token_file)
    with tempfile.TemporaryDirectory(prefix="setpoint-forge-") as name:
        folder, home = Path(name, "repository"), Path(name, "home")
        home.mkdir()
        git(("init", "--quiet", "--bare", "--template=", str(folder)), home, {"GIT_CONFIG_GLOBAL": os.devnull})
        askpass = write_askpass(home, hosting.repository, hosting.token_file)
        yield RemoteRepository(hosting, token, folder, askpass)
