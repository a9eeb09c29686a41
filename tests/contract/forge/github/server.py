"""GitHub as far as Setpoint uses it: a git server, pull requests, issues, comments and statuses in memory.

Everything that is asked for and everything that is answered is held against GitHub's own description. `faults` are
what it does wrong next: answers instead of carrying out, or connections that break after it was carried out.
"""

import json
import re
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from graphql import graphql_sync

from contract.forge.git_http import GitHandler, GitServer
from contract.forge.github import published

API = "/api/v3"
STARTED = datetime(2026, 1, 1, tzinfo=UTC)


class RefusedError(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, message: str, errors: list[Any] | None = None) -> None:
        super().__init__(message)
        self.status, self.errors = status, errors


def invalid(**why: str) -> RefusedError:
    """What GitHub says of a pull request that it does not take."""
    return RefusedError(422, "Validation Failed", [{"resource": "PullRequest", **why}])


@dataclass
class Fault:
    """What goes wrong the next `times` that `method` asks for a path that matches. `late`: it is carried out first."""

    method: str
    path: str
    status: int = 0  # 0: the connection breaks
    message: str = "broken"
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1
    late: bool = False


class Handler(GitHandler):
    """One request: git's, the API's, or GraphQL's."""

    server: "GitHub"

    def do_GET(self) -> None:  # noqa: N802 - as http.server calls it
        self._route()

    def do_POST(self) -> None:  # noqa: N802 - as http.server calls it
        self._route()

    def do_PATCH(self) -> None:  # noqa: N802 - as http.server calls it
        self._route()

    def _route(self) -> None:
        if not self.path.startswith("/api/"):
            self.server.watch(self.command, self.path, "before")
            return self.answer_git()
        address = urlsplit(self.path)
        body = json.loads(self.body() or b"null")
        self.server.watch(self.command, address.path, "before")
        self.server.requests.append((self.command, self.path, body))
        fault = self.server.fault(self.command, address.path)
        if fault and not fault.late:
            return self._fail(fault)
        with self.server.lock:
            status, answer, headers = self._answer(address.path, address.query, body)
        self.server.watch(self.command, address.path, "after")
        if fault:
            return self._fail(fault)
        return self._json(status, answer, headers)

    def reply(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        """Send it; what git did is done by now."""
        if not self.path.startswith("/api/"):
            self.server.watch(self.command, self.path, "after")
        super().reply(status, content, headers)

    def _fail(self, fault: Fault) -> None:
        if fault.status == 0:
            self.close_connection = True
            self.connection.close()
            return None
        return self._json(fault.status, {"message": fault.message}, fault.headers)

    def _json(self, status: int, answer: Any, headers: dict[str, str]) -> None:
        content = json.dumps(answer).encode()
        self.reply(status, content, {"Content-Type": "application/json; charset=utf-8", **headers})

    def _answer(self, path: str, query: str, body: Any) -> tuple[int, Any, dict[str, str]]:
        try:
            who = self.server.tokens.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
            if who is None:
                raise RefusedError(401, "Bad credentials")
            if path == "/api/graphql":
                return 200, self.server.graph(who, body), {}
            return self._checked(who, path.removeprefix(API), query, body)
        except RefusedError as refusal:
            said = {
                "message": str(refusal),
                "documentation_url": "https://docs.github.com/rest",
                "status": str(refusal.status),
            }
            if refusal.errors:
                said["errors"] = refusal.errors
            return refusal.status, said, {}

    def _checked(self, who: str, path: str, query: str, body: Any) -> tuple[int, Any, dict[str, str]]:
        try:
            published.check_request(self.command, path, query, body)
            asked = {name: values[-1] for name, values in parse_qs(query).items()}
            try:
                status, answer = self.server.carry_out(who, self.command, path, asked, body)
            except RefusedError as refusal:
                said = {"message": str(refusal), "documentation_url": "https://docs.github.com/rest"}
                if refusal.errors:
                    said["errors"] = refusal.errors
                published.check_answer(self.command, path, refusal.status, said)
                return refusal.status, said, {}
            answer, headers = self._page(answer, asked, path)
            published.check_answer(self.command, path, status, answer)
            return status, answer, headers
        except published.ViolationError as violation:
            self.server.violations.append(str(violation))
            return 500, {"message": str(violation)}, {}

    def _page(self, answer: Any, asked: dict[str, str], path: str) -> tuple[Any, dict[str, str]]:
        if not isinstance(answer, list) or self.command != "GET":
            return answer, {}
        size, page = min(int(asked.get("per_page", 30)), self.server.largest_page), int(asked.get("page", 1))
        more = len(answer) > size * page
        link = {"Link": f'<{self.server.url}{API}{path}?page={page + 1}>; rel="next"'} if more else {}
        return answer[size * (page - 1) : size * page], link


class GitHub(GitServer):
    """One repository OWNER/NAME below `root`; `rights` says what each person may do."""

    handler = Handler

    def __init__(self, root: Path, owner: str, name: str, tokens: dict[str, str], rights: dict[str, str]) -> None:
        super().__init__(root, tokens)
        self.owner, self.name, self.rights = owner, name, rights
        self.renamed = f"{owner}/{name}"  # what GraphQL calls it
        self.git_dir = root / owner / f"{name}.git"
        self.lock = threading.Lock()
        self.pulls: list[dict[str, Any]] = []
        self.issues: list[dict[str, Any]] = []
        self.said: list[dict[str, Any]] = []
        self.statuses: list[dict[str, Any]] = []
        self.requests: list[tuple[str, str, Any]] = []
        self.violations: list[str] = []
        self.faults: list[Fault] = []
        self.largest_page = 100
        self.watch: Callable[[str, str, str], None] = lambda *_: None  # is told of each request, before and after
        self._ticks = 0

    def fault(self, method: str, path: str) -> Fault | None:
        """What is to go wrong with this request."""
        for fault in self.faults:
            if fault.times > 0 and fault.method == method and re.search(fault.path, path):
                fault.times -= 1
                return fault
        return None

    def now(self) -> str:
        """Every event has a second of its own."""
        self._ticks += 1
        return (STARTED + timedelta(seconds=self._ticks)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def head(self, branch: str) -> str:
        """Where a branch is."""
        asked = ["git", f"--git-dir={self.git_dir}", "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}"]
        return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()

    # ── REST ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def carry_out(self, who: str, method: str, path: str, asked: dict[str, str], body: Any) -> tuple[int, Any]:
        """Status and answer of a request that is as described."""
        template, given = published.operation(method, path)
        if (given.get("owner"), given.get("repo")) != (self.owner, self.name) or who not in self.rights:
            raise RefusedError(404, "Not Found")
        verb = f"{method} {template.removeprefix('/repos/{owner}/{repo}')}"
        may_write = self.rights[who] in ("write", "admin")
        works = {
            "GET /pulls": lambda: (200, self._listed(asked)),
            "POST /pulls": lambda: (201, self._open(who, body)),
            "GET /pulls/{pull_number}": lambda: (200, self._whole(self._pull(given["pull_number"]))),
            "PATCH /pulls/{pull_number}": lambda: (200, self._change(self._pull(given["pull_number"]), body)),
            "POST /issues/{issue_number}/labels": lambda: (200, self._label(given["issue_number"], body)),
            "GET /issues/{issue_number}/comments": lambda: (200, self._comments(given["issue_number"], asked)),
            "POST /issues/{issue_number}/comments": lambda: (
                201,
                self.say(who, int(given["issue_number"]), body["body"]),
            ),
            "PATCH /issues/comments/{comment_id}": lambda: (
                200,
                self.edit(who, int(given["comment_id"]), body["body"]),
            ),
            "GET /commits/{ref}/statuses": lambda: (200, self._states(given["ref"])),
            "POST /statuses/{sha}": lambda: (201, self._set_state(who, given["sha"], body)),
            "GET /collaborators/{username}/permission": lambda: (200, self._permission(given["username"])),
            "GET /issues": lambda: (200, self._own_issues(asked)),
            "POST /issues": lambda: (201, self._open_issue(who, body)),
            "PATCH /issues/{issue_number}": lambda: (200, self._change_issue(given["issue_number"], body)),
        }
        readers_may = "GET" in verb or verb in ("POST /issues", "POST /issues/{issue_number}/comments")
        if not (may_write or readers_may or verb.startswith("PATCH /issues/comments")):
            raise RefusedError(403, "Resource not accessible by personal access token")
        return works[verb]()

    def _open(self, who: str, body: Any) -> Any:
        branch = body["head"]
        if not self.head(branch) or not self.head(body["base"]):
            raise RefusedError(
                422, "Validation Failed", [{"resource": "PullRequest", "field": "head", "code": "invalid"}]
            )
        if any(pull["branch"] == branch and pull["state"] == "open" and not pull["fork"] for pull in self.pulls):
            said = f"A pull request already exists for {self.owner}:{branch}."
            raise RefusedError(
                422, "Validation Failed", [{"resource": "PullRequest", "code": "custom", "message": said}]
            )
        pull = {
            "number": self._number(),
            "user": who,
            "branch": branch,
            "base": body["base"],
            "title": body["title"],
            "body": body.get("body", ""),
            "draft": body.get("draft", False),
            "state": "open",
            "labels": [],
            "merged": "",
            "fork": False,
            "at": self.now(),
        }
        self.pulls.append(pull)
        return self._whole(pull)

    def _number(self) -> int:
        return 1 + len(self.pulls) + len(self.issues)

    def _pull(self, number: Any) -> dict[str, Any]:
        found = next((pull for pull in self.pulls if pull["number"] == int(number)), None)
        if found is None:
            raise RefusedError(404, "Not Found")
        return found

    def _listed(self, asked: dict[str, str]) -> list[Any]:
        state, (owner, _, branch) = asked.get("state", "open"), asked.get("head", "::").partition(":")
        assert owner == self.owner
        chosen = [pull for pull in self.pulls if pull["branch"] == branch and state in ("all", pull["state"])]
        return [self._whole(pull, "pull-request-simple-items") for pull in reversed(chosen)]

    def _whole(self, pull: dict[str, Any], template: str = "pull-request") -> Any:
        shown = published.example(template)
        shown = shown[0] if isinstance(shown, list) else shown
        address = f"{self.url}/{self.owner}/{self.name}/pull/{pull['number']}"
        shown.update(
            number=pull["number"],
            node_id=f"PR_{pull['number']}",
            html_url=address,
            title=pull["title"],
            body=pull["body"],
            state=pull["state"],
            draft=pull["draft"],
            user=_person(pull["user"]),
            labels=[_label(name) for name in pull["labels"]],
            requested_teams=[],
            created_at=pull["at"],
            updated_at=pull["at"],
            closed_at=None if pull["state"] == "open" else pull["at"],
            merged_at=pull["at"] if pull["merged"] else None,
            merge_commit_sha=pull["merged"] or "e" * 40,
        )
        if template == "pull-request":
            shown["merged"] = bool(pull["merged"])
        pull["head"] = self.head(pull["branch"]) or pull.get("head", "") if pull["state"] == "open" else pull["head"]
        shown["head"].update(ref=pull["branch"], sha=pull["head"], label=f"{self.owner}:{pull['branch']}")
        shown["base"].update(ref=pull["base"], sha=self.head(pull["base"]), label=f"{self.owner}:{pull['base']}")
        shown["head"]["repo"]["id"], shown["base"]["repo"]["id"] = (7, 1) if pull["fork"] else (1, 1)
        return shown

    def _change(self, pull: dict[str, Any], body: Any) -> Any:
        if body.get("state") and pull["merged"]:
            raise RefusedError(
                422, "Validation Failed", [{"resource": "PullRequest", "field": "state", "code": "invalid"}]
            )
        self._whole(pull)
        pull.update({name: value for name, value in body.items() if name in ("title", "body", "state")})
        return self._whole(pull)

    def _label(self, number: str, body: Any) -> Any:
        pull = self._pull(number)
        pull["labels"] += [name for name in body["labels"] if name not in pull["labels"]]
        return [_label(name) for name in pull["labels"]]

    def _comments(self, number: str, asked: dict[str, str]) -> list[Any]:
        below = [comment for comment in self.said if comment["number"] == int(number)]
        since = asked.get("since", "")
        return [self._comment(comment) for comment in below if comment["updated"] >= since]

    def say(self, who: str, number: int, body: str) -> Any:
        """A comment by anybody."""
        at = self.now()
        comment = {"id": 1000 + len(self.said), "number": number, "user": who, "body": body, "at": at, "updated": at}
        self.said.append(comment)
        return self._comment(comment)

    def edit(self, who: str, number: int, body: str) -> Any:
        """Change a comment: one's own, or as somebody with write access."""
        comment = next((comment for comment in self.said if comment["id"] == number), None)
        if comment is None:
            raise RefusedError(404, "Not Found")
        if who != comment["user"] and self.rights[who] not in ("write", "admin"):
            raise RefusedError(403, "Must have admin rights to Repository.")
        comment.update(body=body, updated=self.now())
        return self._comment(comment)

    def _comment(self, comment: dict[str, Any]) -> Any:
        shown = published.example("issue-comment")
        shown.update(
            id=comment["id"],
            body=comment["body"],
            user=_person(comment["user"]),
            created_at=comment["at"],
            updated_at=comment["updated"],
        )
        return shown

    def _states(self, commit: str) -> list[Any]:
        return [self._state(state) for state in reversed(self.statuses) if state["sha"] == commit]

    def _set_state(self, who: str, commit: str, body: Any) -> Any:
        known = subprocess.run(["git", f"--git-dir={self.git_dir}", "cat-file", "-e", commit], check=False)
        if known.returncode:
            raise RefusedError(422, f"No commit found for SHA: {commit}")
        self.statuses.append({"sha": commit, "user": who, "at": self.now(), **body})
        return self._state(self.statuses[-1])

    def _state(self, state: dict[str, Any]) -> Any:
        shown = published.example("status")
        told = {name: state.get(name, "") for name in ("context", "state", "description")}
        shown.update(creator=_person(state["user"]), created_at=state["at"], updated_at=state["at"], **told)
        return shown

    def _permission(self, name: str) -> Any:
        shown = published.example("repository-collaborator-permission-response-if-user-has-admin-permissions")
        right = self.rights.get(name, "none")
        shown.update(permission=right, role_name=right, user={**_person(name), "role_name": right})
        return shown

    def _own_issues(self, asked: dict[str, str]) -> list[Any]:
        """Pull requests are issues, too."""
        creator = asked.get("creator")
        both = [*self.issues, *({**pull, "is_pull": True} for pull in self.pulls)]
        both.sort(key=lambda issue: -issue["number"])
        return [self._issue(issue) for issue in both if creator in (None, issue["user"])]

    def _open_issue(self, who: str, body: Any) -> Any:
        self.issues.append({"number": self._number(), "user": who, "state": "open", "at": self.now(), **body})
        return self._issue(self.issues[-1])

    def _change_issue(self, number: str, body: Any) -> Any:
        issue = next(issue for issue in self.issues if issue["number"] == int(number))
        issue.update(body)
        return self._issue(issue)

    def _issue(self, issue: dict[str, Any]) -> Any:
        shown = published.example("issue")
        shown.update(
            number=issue["number"],
            title=issue["title"],
            body=issue["body"],
            state=issue["state"],
            user=_person(issue["user"]),
            labels=[_label(name) for name in issue["labels"]],
            html_url=f"{self.url}/{self.owner}/{self.name}/issues/{issue['number']}",
        )
        if not issue.get("is_pull"):
            shown.pop("pull_request", None)
        return shown

    # ── GraphQL ───────────────────────────────────────────────────────────────────────────────────────────────────

    def graph(self, who: str, body: Any) -> Any:
        """What GraphQL answers, by the published schema."""
        root = {
            "viewer": {"login": who},
            "repository": lambda _, owner, name, followRenames: self._named(owner, name),  # noqa: N803 - GitHub's name
            "markPullRequestReadyForReview": lambda _, input: self._ready(who, input["pullRequestId"]),
        }
        result = graphql_sync(published.GRAPH, body["query"], root, variable_values=body.get("variables"))
        if result.errors and any(error.original_error is None for error in result.errors):
            self.violations += [str(error) for error in result.errors]
        return result.formatted

    def _named(self, owner: str, name: str) -> Any:
        """By any name that it ever had."""
        return {"nameWithOwner": self.renamed} if (owner, name) == (self.owner, self.name) else None

    def _ready(self, who: str, key: str) -> Any:
        if self.rights.get(who) not in ("write", "admin"):
            raise PermissionError("Resource not accessible by personal access token")
        pull = self._pull(key.removeprefix("PR_"))
        pull["draft"] = False
        return {"pullRequest": {"id": key, "isDraft": False, "number": pull["number"]}}


def _person(name: str) -> Any:
    shown = published.example("issue-comment")["user"]
    shown.update(login=name, type="Bot" if name.endswith("[bot]") else "User")
    return shown


def _label(name: str) -> Any:
    return {**published.example("label-items")[0], "name": name}
