"""The same repository on every kind of forge, and what people do there: each place hides how its forge does it."""

import contextlib
import os
import secrets
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract.forge.git_http import GitServer, bare_repository
from contract.forge.github.server import GitHub
from setpoint.api.forge import Hosting
from testbed.gitea_server import GiteaServer

OWNER, NAME = "shop", "checkout"
WRITER, READER, BOT = "writer", "reader", "setpoint-bot"


@dataclass(frozen=True)
class Pull:
    """A pull request, as people see it."""

    number: int
    title: str
    body: str
    draft: bool
    state: str
    labels: tuple[str, ...]
    author: str


class Place(ABC):
    """A repository on a forge. `hosting` is for Setpoint; `clone` is a person's with the right to push."""

    hosting: Hosting
    token: str
    clone: Path
    reads: bool = True  # whether anything but git is there

    def git(self, *arguments: str) -> str:
        """What git prints for the person in their clone."""
        identity = ("-c", "user.name=A User", "-c", "user.email=user@example.com", "-c", "protocol.version=2")
        done = subprocess.run(
            ["git", *identity, *arguments], cwd=self.clone, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def branch(self, name: str) -> str:
        """Where a branch is; empty: there is none."""
        return self.git("ls-remote", "origin", f"refs/heads/{name}").partition("\t")[0]

    def push(self, branch: str, file: str, content: str) -> str:
        """A person's commit on top of a branch; its id."""
        self.git("fetch", "--quiet", "origin", branch)
        self.git("checkout", "--quiet", "--detach", "FETCH_HEAD")
        (self.clone / file).write_text(content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", f"Change {file}")
        self.git("push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")
        return self.git("rev-parse", "HEAD")

    @abstractmethod
    def pulls(self, branch: str) -> list[Pull]: ...
    @abstractmethod
    def comments(self, number: int) -> list[tuple[str, str]]: ...
    @abstractmethod
    def statuses(self, commit: str) -> list[tuple[str, str]]: ...
    @abstractmethod
    def issues(self) -> list[tuple[str, str, str]]:
        """Number, title and text."""

    @abstractmethod
    def say(self, person: str, number: int, body: str) -> int: ...
    @abstractmethod
    def edit(self, person: str, comment: int, body: str) -> None: ...
    @abstractmethod
    def close(self, number: int) -> None: ...
    @abstractmethod
    def merge(self, number: int) -> str:
        """The commit on the base branch."""

    @abstractmethod
    def open(self, person: str, branch: str, title: str) -> int: ...


class GiteaPlace(Place):
    """On a real Gitea."""

    def __init__(self, server: GiteaServer, folder: Path, service: Path, *, organisation: bool = False) -> None:
        self.server = server
        self.owner = f"{OWNER}-{secrets.token_hex(3)}"
        url = server.repository(self.owner, NAME, service, organisation=organisation)
        self.token = server.bot.token
        self.hosting = Hosting(kind="gitea", repository=url, token_file=str(written(folder / "token", self.token)))
        address = url.replace("://", f"://{WRITER}:{server.writer.token}@")
        self.clone = cloned(address, folder / "clone")
        self._at = f"/repos/{self.owner}/{NAME}"

    def pulls(self, branch: str) -> list[Pull]:
        found = self.server.ask("GET", f"{self._at}/pulls?state=all") or []
        return [_seen(pull) for pull in found if pull["head"]["ref"] == branch]

    def comments(self, number: int) -> list[tuple[str, str]]:
        found = self.server.ask("GET", f"{self._at}/issues/{number}/comments") or []
        return [(comment["user"]["login"], comment["body"]) for comment in found]

    def statuses(self, commit: str) -> list[tuple[str, str]]:
        found = self.server.ask("GET", f"{self._at}/statuses/{commit}") or []
        return [(status["context"], status["status"]) for status in found]

    def issues(self) -> list[tuple[str, str, str]]:
        found = self.server.ask("GET", f"{self._at}/issues?type=issues&state=all") or []
        return [(str(issue["number"]), issue["title"], issue["body"]) for issue in found]

    def say(self, person: str, number: int, body: str) -> int:
        who = getattr(self.server, person)
        return self.server.ask("POST", f"{self._at}/issues/{number}/comments", {"body": body}, person=who)["id"]

    def edit(self, person: str, comment: int, body: str) -> None:
        who = getattr(self.server, person)
        self.server.ask("PATCH", f"{self._at}/issues/comments/{comment}", {"body": body}, person=who)

    def close(self, number: int) -> None:
        self.server.ask("PATCH", f"{self._at}/pulls/{number}", {"state": "closed"}, person=self.server.writer)

    def merge(self, number: int) -> str:
        pull = self.server.ask("GET", f"{self._at}/pulls/{number}")
        ready = {"title": pull["title"].removeprefix("WIP: ")}
        self.server.ask("PATCH", f"{self._at}/pulls/{number}", ready, person=self.server.writer)
        self.server.ask("POST", f"{self._at}/pulls/{number}/merge", {"Do": "merge"}, person=self.server.writer)
        return self.server.ask("GET", f"{self._at}/pulls/{number}")["merge_commit_sha"]

    def open(self, person: str, branch: str, title: str) -> int:
        who, order = getattr(self.server, person), {"head": branch, "base": "main", "title": title}
        return self.server.ask("POST", f"{self._at}/pulls", order, person=who)["number"]


class GitHubPlace(Place):
    """On the tests' own GitHub, which is held against the published description."""

    def __init__(self, folder: Path, service: Path) -> None:
        bare_repository(folder, f"{OWNER}/{NAME}.git", service)
        self.token = f"github_pat_{secrets.token_hex(20)}"
        tokens = {self.token: BOT, "t-writer": WRITER, "t-reader": READER}
        rights = {BOT: "write", WRITER: "write", READER: "read", "ci[bot]": "write"}
        self.server = GitHub(folder, OWNER, NAME, tokens, rights)
        self.server.__enter__()
        url = f"{self.server.url}/{OWNER}/{NAME}.git"
        self.hosting = Hosting(kind="github", repository=url, token_file=str(written(folder / "token", self.token)))
        self.clone = cloned(url.replace("://", "://writer:t-writer@"), folder / "clone")

    def end(self) -> None:
        """Whatever was asked or answered was as GitHub describes it."""
        self.server.__exit__()
        assert self.server.violations == []

    def pulls(self, branch: str) -> list[Pull]:
        return [
            Pull(
                pull["number"],
                pull["title"],
                pull["body"],
                pull["draft"],
                pull["state"],
                tuple(pull["labels"]),
                pull["user"],
            )
            for pull in self.server.pulls
            if pull["branch"] == branch
        ]

    def comments(self, number: int) -> list[tuple[str, str]]:
        return [(said["user"], said["body"]) for said in self.server.said if said["number"] == number]

    def statuses(self, commit: str) -> list[tuple[str, str]]:
        return [(state["context"], state["state"]) for state in self.server.statuses if state["sha"] == commit]

    def issues(self) -> list[tuple[str, str, str]]:
        return [(str(issue["number"]), issue["title"], issue["body"]) for issue in self.server.issues]

    def say(self, person: str, number: int, body: str) -> int:
        return self.server.say(person, number, body)["id"]

    def edit(self, person: str, comment: int, body: str) -> None:
        self.server.edit(person, comment, body)

    def close(self, number: int) -> None:
        self.server._change(self.server._pull(number), {"state": "closed"})

    def merge(self, number: int) -> str:
        pull = self.server._pull(number)
        self.git("fetch", "--quiet", "origin", pull["branch"], "main")
        self.git("checkout", "--quiet", "-B", "main", "origin/main")
        self.git("merge", "--quiet", "--no-ff", f"origin/{pull['branch']}")
        self.git("push", "--quiet", "origin", "main")
        self.server._whole(pull)
        pull.update(state="closed", merged=self.git("rev-parse", "HEAD"))
        return pull["merged"]

    def open(self, person: str, branch: str, title: str) -> int:
        return self.server._open(person, {"head": branch, "base": "main", "title": title})["number"]


class PlainPlace(Place):
    """A bare repository, in a folder or behind git's http-backend."""

    reads = False

    def __init__(self, folder: Path, service: Path, *, http: bool) -> None:
        bare = bare_repository(folder, f"{NAME}.git", service)
        self.token, self.server = secrets.token_hex(20), None
        if http:
            self.server = GitServer(folder, {self.token: BOT})
            self.server.__enter__()
        url = f"{self.server.url}/{NAME}.git" if self.server else f"file://{bare}"
        token_file = str(written(folder / "token", self.token)) if http else None
        self.hosting = Hosting(kind="git", repository=url, token_file=token_file)
        self.clone = cloned(str(bare), folder / "clone")

    def end(self) -> None:
        if self.server:
            self.server.__exit__()

    def pulls(self, branch: str) -> list[Pull]:
        return []

    comments = statuses = issues = say = edit = close = merge = open = pulls  # type: ignore[assignment]


@contextlib.contextmanager
def place(kind: str, folder: Path, service: Path, gitea: GiteaServer | None) -> Iterator[Place]:
    """The place of that kind."""
    folder.mkdir()
    if kind == "gitea":
        assert gitea is not None
        yield GiteaPlace(gitea, folder, service)
        return
    made = GitHubPlace(folder, service) if kind == "github" else PlainPlace(folder, service, http=kind == "git-http")
    try:
        yield made
    finally:
        made.end()


def cloned(address: str, folder: Path) -> Path:
    """A person's clone."""
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    subprocess.run(["git", "clone", "--quiet", address, str(folder)], check=True, capture_output=True, env=environment)
    return folder


def written(file: Path, text: str) -> Path:
    """A file with that text and, as most editors leave it, a line end."""
    file.write_text(f"{text}\n")
    file.chmod(0o600)
    return file


def _seen(pull: Any) -> Pull:
    labels = tuple(label["name"] for label in pull["labels"] or ())
    return Pull(
        pull["number"], pull["title"], pull["body"], pull["draft"], pull["state"], labels, pull["user"]["login"]
    )
