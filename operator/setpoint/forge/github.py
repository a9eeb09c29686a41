"""GitHub by its REST API, and by GraphQL for the one thing that REST cannot do: to leave draft."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from setpoint.api.errors import ForgeBusy, ForgeDenied, ForgeFailed
from setpoint.api.forge import LABELS, STATUS_CONTEXT, HostedPullRequest, Hosting, IssueOrder, StatusOrder
from setpoint.api.wording import shorten
from setpoint.forge.hosted import Hosted
from setpoint.forge.port import Comment, Wanted, same_text
from setpoint.forge.reading import field, moment, number, text
from setpoint.forge.rest import Conflict, Missing, Rest, segment
from setpoint.forge.token import Token

_WHO = "query { viewer { login } }"
_NAME = "query($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { nameWithOwner } }"
_READY = (
    "mutation($id: ID!) { markPullRequestReadyForReview(input: {pullRequestId: $id}) { pullRequest { id isDraft } } }"
)


class GitHub(Hosted):
    """The port Forge."""

    def __init__(self, hosting: Hosting, token: Token) -> None:
        api = hosting.api or _api_of(hosting)
        headers = {
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            **({"Authorization": token.header("Bearer")} if token else {}),
        }
        rest = Rest(api, token, headers=headers, ca_file=hosting.ca_file, renamed=self._renamed)
        super().__init__(rest, f"/repos/{segment(hosting.owner)}/{segment(hosting.name)}")
        self._graph = Rest(f"{api.removesuffix('/v3')}/graphql", token, headers=headers, ca_file=hosting.ca_file)
        self._owner, self._name, self._me = hosting.owner, hosting.name, ""

    def me(self) -> str:
        """Who the token is of; by GraphQL, since REST tells it to people alone and not to apps."""
        self._me = self._me or text(self._asked(_WHO), "viewer", "login")
        return self._me

    def find(self, branch: str) -> HostedPullRequest | None:
        """GitHub looks by the head's owner and branch; a fork of the same owner is told apart by its name."""
        asked = {"head": f"{self._owner}:{branch}", "state": "all", "sort": "created", "direction": "desc"}
        entries = self._rest.pages(f"{self._at}/pulls", **asked)
        own = [entry for entry in entries if _is_own(entry) and text(entry, "head", "ref") == branch]
        found = [_pull_request(entry) for entry in own]
        return next((one for one in found if one.state == "Open"), found[0] if found else None)

    def ensure(self, wanted: Wanted) -> HostedPullRequest:
        """Labels come in a second request, so one that has none of any kind gets them again."""
        found = self.find(wanted.branch) or self._create(wanted)
        if found.state != "Open":
            return found
        self.update(found, wanted.title, wanted.body)
        if not found.labels:
            self._rest.post(f"{self._at}/issues/{found.number}/labels", {"labels": list(LABELS)})
        return found

    def _create(self, wanted: Wanted) -> HostedPullRequest:
        order = {
            "head": wanted.branch,
            "base": wanted.base,
            "title": wanted.title,
            "body": wanted.body,
            "draft": True,
            "maintainer_can_modify": False,
        }
        try:
            return _pull_request(self._rest.post(f"{self._at}/pulls", order))
        except (Conflict, ForgeBusy):
            if found := self.find(wanted.branch):  # it was there already, or it arrived and its answer was lost
                return found
            raise

    def update(self, pull_request: HostedPullRequest, title: str | None, body: str | None) -> None:
        """Only what differs."""
        changes = {}
        if title is not None and title != pull_request.title:
            changes["title"] = title
        if body is not None and not same_text(body, pull_request.body):
            changes["body"] = body
        if changes:
            self._rest.patch(f"{self._at}/pulls/{pull_request.number}", changes)

    def leave_draft(self, pull_request: HostedPullRequest) -> None:
        """By the name that GraphQL knows it by."""
        if not pull_request.draft:
            return
        done = self._asked(_READY, id=pull_request.key)
        if field(done, "markPullRequestReadyForReview", "pullRequest", "isDraft") is not False:
            raise ForgeFailed("the forge did not take the pull request out of draft")

    def set_status(self, status: StatusOrder) -> None:
        """Not again when it says so already: GitHub keeps a thousand for each commit and no more."""
        listed = self._rest.get(f"{self._at}/commits/{status.commit}/statuses", per_page=100)
        newest = next((entry for entry in listed if text(entry, "context") == STATUS_CONTEXT), None)
        says = (text(newest, "state"), text(newest, "description"))
        if newest is None or says != (status.state, status.description):
            order = {"context": STATUS_CONTEXT, "state": status.state, "description": status.description}
            self._rest.post(f"{self._at}/statuses/{status.commit}", order)

    def comments(self, pull_request: HostedPullRequest, since: str) -> Iterator[Comment]:
        """Apps are told by their type, and by what their names end with."""
        for entry in self._below(pull_request, since):
            at, author = moment(entry, "created_at"), text(entry, "user", "login")
            yield Comment(
                number=number(entry, "id"),
                author=author,
                at=at,
                body=text(entry, "body"),
                edited=moment(entry, "updated_at") != at,
                machine=text(entry, "user", "type") != "User" or author.endswith("[bot]"),
            )

    def _below(self, pull_request: HostedPullRequest, since: str = "") -> Iterator[Any]:
        return self._rest.pages(f"{self._at}/issues/{pull_request.number}/comments", since=since)

    def may_write(self, author: str) -> bool | None:
        """GitHub folds its roles into these: maintain is write, triage is read."""
        try:
            path = f"{self._at}/collaborators/{segment(author)}/permission"
            return text(self._rest.get(path), "permission") in ("write", "admin")
        except Missing:
            return False
        except ForgeDenied:
            return None

    def open_issue(self, order: IssueOrder) -> str:
        """Looked for among ours."""
        mine = {"state": "all", "creator": self.me(), "sort": "created", "direction": "desc"}
        return self._one_issue(order, self._rest.pages(f"{self._at}/issues", **mine), lambda: LABELS)

    def _renamed(self, _: str) -> str:
        """GitHub's redirects name a number; GraphQL knows a repository by its former names, at the address we ask."""
        try:
            return text(self._asked(_NAME, owner=self._owner, name=self._name), "repository", "nameWithOwner")
        except ForgeFailed:
            return ""

    def _asked(self, query: str, **variables: str) -> Any:
        answer = self._graph.post("", {"query": query, "variables": variables})
        errors = field(answer, "errors")
        if errors:
            said = shorten("; ".join(text(error, "message") for error in errors), 300)
            raise ForgeFailed(f"the forge refused: {said}")
        return field(answer, "data")


def _api_of(hosting: Hosting) -> str:
    address = urlsplit(hosting.repository)
    if address.hostname == "github.com":
        return "https://api.github.com"
    return f"{address.scheme}://{address.netloc}/api/v3"


def _is_own(entry: Any) -> bool:
    """Whether the branch is of the repository itself; the head's repository is null when a fork was deleted."""
    return bool(field(entry, "head", "repo", "id") == field(entry, "base", "repo", "id"))


def _pull_request(entry: Any) -> HostedPullRequest:
    state, merged = text(entry, "state"), bool(text(entry, "merged_at"))
    if state not in ("open", "closed"):
        raise ForgeFailed(f"the forge says that a pull request is {state!r}")
    return HostedPullRequest(
        number=number(entry, "number"),
        url=text(entry, "html_url"),
        branch=text(entry, "head", "ref"),
        base=text(entry, "base", "ref"),
        head=text(entry, "head", "sha"),
        state="Merged" if merged else "Open" if state == "open" else "Closed",
        draft=field(entry, "draft") is True,
        merge_commit=text(entry, "merge_commit_sha") if merged else "",
        title=text(entry, "title"),
        body=text(entry, "body"),
        labels=tuple(text(label, "name") for label in field(entry, "labels") or ()),
        key=text(entry, "node_id"),
    )
