"""What Gitea and GitHub do alike: our one comment, our one issue, and closing."""

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from setpoint.api.forge import CommentOrder, HostedPullRequest, IssueOrder
from setpoint.forge.port import is_marked, marked, same_text
from setpoint.forge.reading import number, text
from setpoint.forge.rest import Conflict, Rest

MOST = 500  # pull requests or issues, newest first: what an order is about is among them


class Hosted(ABC):
    """Asks `rest` about the repository whose path is `at`."""

    def __init__(self, rest: Rest, at: str) -> None:
        self._rest, self._at = rest, at

    @abstractmethod
    def me(self) -> str:
        """The name under which we write."""

    @abstractmethod
    def _below(self, pull_request: HostedPullRequest, since: str = "") -> Iterable[Any]:
        """The comments on a pull request that were written or changed since then."""

    def close(self, pull_request: HostedPullRequest) -> None:
        """One that was merged meanwhile stays so."""
        path = f"{self._at}/pulls/{pull_request.number}"
        try:
            self._rest.patch(path, {"state": "closed"})
        except Conflict:
            if text(self._rest.get(path), "state") == "open":
                raise

    def comment(self, pull_request: HostedPullRequest, order: CommentOrder) -> None:
        """Edit our comment, or write it."""
        if found := self._ours(self._below(pull_request), order):
            self._bring_up_to_date(found, order, f"{self._at}/issues/comments/{number(found, 'id')}")
        else:
            self._rest.post(f"{self._at}/issues/{pull_request.number}/comments", {"body": marked(order)})

    def _one_issue(self, order: IssueOrder, listed: Iterable[Any], labels: Callable[[], Sequence[int | str]]) -> str:
        """The address of the issue among the first ones of `listed`, closed ones included; else of a new one."""
        if found := self._ours(itertools.islice(listed, MOST), order):
            self._bring_up_to_date(found, order, f"{self._at}/issues/{number(found, 'number')}")
        else:
            made = {"title": order.title, "body": marked(order), "labels": list(labels())}
            found = self._rest.post(f"{self._at}/issues", made)
        return text(found, "html_url")

    def _ours(self, entries: Iterable[Any], order: CommentOrder) -> Any:
        """The entry with the order's marker that we wrote: anybody can write our marker."""
        mine = (entry for entry in entries if text(entry, "user", "login") == self.me())
        return next((entry for entry in mine if is_marked(text(entry, "body"), order.marker)), None)

    def _bring_up_to_date(self, entry: Any, order: CommentOrder, path: str) -> None:
        if not same_text(text(entry, "body"), marked(order)):
            self._rest.patch(path, {"body": marked(order)})
