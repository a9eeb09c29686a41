"""Gitea by its API. A draft is a pull request whose title begins with WIP:."""

import itertools
from collections.abc import Iterator
from typing import Any

from setpoint.api.errors import ForgeBusy, ForgeDenied, ForgeFailed
from setpoint.api.forge import LABELS, STATUS_CONTEXT, HostedPullRequest, Hosting, IssueOrder, StatusOrder
from setpoint.forge.hosted import MOST, Hosted
from setpoint.forge.port import Comment, Wanted, same_text
from setpoint.forge.reading import field, moment, number, text
from setpoint.forge.rest import Conflict, Missing, Rest, entries_of, segment
from setpoint.forge.token import Token

DRAFT = "WIP: "
_COLOURS = {"setpoint": "#1d4ed8", "performance": "#b45309"}


class Gitea(Hosted):
    """The port Forge."""

    def __init__(self, hosting: Hosting, token: Token) -> None:
        headers = {"Accept": "application/json", **({"Authorization": token.header("token")} if token else {})}
        api, page = hosting.api or f"{hosting.server}/api/v1", ("limit", 50)
        rest = Rest(api, token, headers=headers, page=page, ca_file=hosting.ca_file)
        super().__init__(rest, f"/repos/{segment(hosting.owner)}/{segment(hosting.name)}")
        self._me = ""

    def me(self) -> str:
        """Who the token is of."""
        self._me = self._me or text(self._rest.get("/user"), "login")
        return self._me

    def find(self, branch: str) -> HostedPullRequest | None:
        """Ours first; else one that somebody opened from our branch, and that we adopted."""
        newest = {"state": "all", "sort": "recentupdate"}
        return self._first(branch, **newest, poster=self.me()) or self._first(branch, **newest)

    def ensure(self, wanted: Wanted) -> HostedPullRequest:
        """Labels are given when it is opened, and never again: people may take them off."""
        found = self.find(wanted.branch) or self._create(wanted)
        if found.state != "Open":
            return found
        self.update(found, wanted.title, wanted.body)
        return found

    def _create(self, wanted: Wanted) -> HostedPullRequest:
        order = {
            "head": wanted.branch,
            "base": wanted.base,
            "title": DRAFT + wanted.title,
            "body": wanted.body,
            "labels": self._labels(),
        }
        try:
            return _pull_request(self._rest.post(f"{self._at}/pulls", order))
        except (Conflict, ForgeBusy):
            if found := self.find(wanted.branch):  # it was there already, or it arrived and its answer was lost
                return found
            raise

    def _first(self, branch: str, **query: str) -> HostedPullRequest | None:
        """Of the newest ones from that branch of the repository itself: an open one, else the first."""
        listed = itertools.islice(self._rest.pages(f"{self._at}/pulls", **query), MOST)
        found = [_pull_request(entry) for entry in listed if _is_from(entry, branch)]
        return next((one for one in found if one.state == "Open"), found[0] if found else None)

    def _labels(self) -> list[int]:
        """The ids of our labels, which are made where they are missing. Gitea would take a second one of a name."""
        known = {text(label, "name"): number(label, "id") for label in self._rest.pages(f"{self._at}/labels")}
        for name in LABELS:
            if name not in known:
                made = self._rest.post(f"{self._at}/labels", {"name": name, "color": _COLOURS[name]})
                known[name] = number(made, "id")
        return [known[name] for name in LABELS]

    def update(self, pull_request: HostedPullRequest, title: str | None, body: str | None) -> None:
        """Draft or not stays as people have it."""
        changes = {}
        if title is not None and (shown := (DRAFT if pull_request.draft else "") + title) != pull_request.title:
            changes["title"] = shown
        if body is not None and not same_text(body, pull_request.body):
            changes["body"] = body
        if changes:
            self._rest.patch(f"{self._at}/pulls/{pull_request.number}", changes)

    def leave_draft(self, pull_request: HostedPullRequest) -> None:
        """The title without what makes it a draft."""
        now = _pull_request(self._rest.get(f"{self._at}/pulls/{pull_request.number}"))
        if now.draft and now.title.startswith(DRAFT):
            self._rest.patch(f"{self._at}/pulls/{now.number}", {"title": now.title.removeprefix(DRAFT)})

    def set_status(self, status: StatusOrder) -> None:
        """Not again when it says so already."""
        path = f"{self._at}/statuses/{status.commit}"
        listed = entries_of(self._rest.get(path, sort="recentupdate", limit=50))
        ours = [entry for entry in listed if text(entry, "context") == STATUS_CONTEXT]
        # Times are whole seconds, and what Gitea calls sorting by index does not sort the way it says.
        newest = max(ours, key=lambda entry: number(entry, "id"), default=None)
        if (text(newest, "status"), text(newest, "description")) == (status.state, status.description):
            return
        order = {"context": STATUS_CONTEXT, "state": status.state, "description": status.description}
        self._rest.post(path, order)

    def comments(self, pull_request: HostedPullRequest, since: str) -> Iterator[Comment]:
        """Gitea does not say who is a machine."""
        for entry in self._below(pull_request, since):
            at = moment(entry, "created_at")
            yield Comment(
                number=number(entry, "id"),
                author=text(entry, "user", "login"),
                at=at,
                body=text(entry, "body"),
                edited=moment(entry, "updated_at") != at,
                machine=number(entry, "user", "id") <= 0,  # the forge itself, and users that are gone
            )

    def _below(self, pull_request: HostedPullRequest, since: str = "") -> list[Any]:
        """All comments at once: Gitea has no pages here."""
        return entries_of(self._rest.get(f"{self._at}/issues/{pull_request.number}/comments", since=since))

    def may_write(self, author: str) -> bool | None:
        """By the permission, which administrators of the repository may ask for; else by who can be assigned.

        The list of assignees holds also readers where an organisation owns the repository, so it proves nothing there.
        """
        try:
            path = f"{self._at}/collaborators/{segment(author)}/permission"
            return text(self._rest.get(path), "permission") in ("write", "admin", "owner")
        except Missing:
            return False
        except ForgeDenied:
            if self._owned_by_organisation():
                return None
        assignees = entries_of(self._rest.get(f"{self._at}/assignees"))
        return any(text(entry, "login").lower() == author.lower() for entry in assignees)

    def _owned_by_organisation(self) -> bool:
        """Only an organisation's repository has teams; what is not known is as good as yes."""
        try:
            self._rest.get(f"{self._at}/teams")
        except Conflict:
            return False
        except ForgeDenied:
            return True
        return True

    def open_issue(self, order: IssueOrder) -> str:
        """Looked for among ours."""
        mine = {"state": "all", "type": "issues", "created_by": self.me()}
        return self._one_issue(order, self._rest.pages(f"{self._at}/issues", **mine), self._labels)


def _is_from(entry: Any, branch: str) -> bool:
    """By the label: its ref is another one once the branch is gone."""
    own = number(entry, "head", "repo_id") == number(entry, "base", "repo_id")
    return own and text(entry, "head", "label") == branch


def _pull_request(entry: Any) -> HostedPullRequest:
    merged = field(entry, "merged") is True
    state = text(entry, "state")
    if state not in ("open", "closed"):
        raise ForgeFailed(f"the forge says that a pull request is {state!r}")
    return HostedPullRequest(
        number=number(entry, "number"),
        url=text(entry, "html_url"),
        branch=text(entry, "head", "label"),
        base=text(entry, "base", "ref"),
        head=text(entry, "head", "sha"),
        state="Merged" if merged else "Open" if state == "open" else "Closed",
        draft=field(entry, "draft") is True,
        merge_commit=text(entry, "merge_commit_sha") if merged else "",
        title=text(entry, "title"),
        body=text(entry, "body"),
    )
