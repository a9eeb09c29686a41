"""The forge's Jobs: an order in, a result out. Each ends the same when it is carried out again after it was killed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from setpoint.api.errors import ForeignCommit, ForgeFailed, NotOffered, Superseded
from setpoint.api.forge import (
    CloseJob,
    ForgeResult,
    HostedPullRequest,
    Hosting,
    PollJob,
    PublishJob,
    ReportJob,
)
from setpoint.api.ports import PublishOrder
from setpoint.forge.gitea import Gitea
from setpoint.forge.github import GitHub
from setpoint.forge.people import listen
from setpoint.forge.plain import PlainRemote
from setpoint.forge.port import Forge, Wanted
from setpoint.forge.remote import RemoteRepository, remote_repository
from setpoint.forge.token import Token, read_token

FORGES: dict[str, Callable[[Hosting, Token], Forge]] = {"gitea": Gitea, "github": GitHub, "git": PlainRemote}


def forge_of(hosting: Hosting) -> Forge:
    """The forge of that kind. Raises InputError when its token cannot be read."""
    return FORGES[hosting.kind](hosting, read_token(hosting.token_file))


def publish(job: PublishJob) -> ForgeResult:
    """Push the branch and open its draft; adopt what is there of it already.

    One that people closed or merged is left as it is, and nothing is pushed. Raises Superseded, ForeignCommit, or
    another ForgeFailed.
    """
    forge = forge_of(job.hosting)
    if (found := forge.find(job.branch)) and found.state != "Open":
        return ForgeResult(pull_request=found, head=found.head)
    with remote_repository(job.hosting) as remote:
        head, tree = _push(remote, job)
    pull_request = forge.ensure(Wanted(job.branch, job.base, job.title, job.body))
    # The forge may not have noticed the push yet; what the branch is at, we know.
    return ForgeResult(pull_request=pull_request.model_copy(update={"head": head}), head=head, tree=tree)


def _push(remote: RemoteRepository, job: PublishJob) -> tuple[str, str]:
    order = PublishOrder(
        branch=job.branch,
        commit=job.commit,
        patch=job.patch,
        title=job.title,
        body=job.body,
        draft=True,
        expected_head=job.expected_head,
        at=job.at,
    )
    made = remote.make(order)
    if job.tree and made.tree != job.tree:
        raise ForgeFailed(f"the patch gives tree {made.tree[:12]} here, but tree {job.tree[:12]} passed the gate")
    if files := remote.superseded(order, made, job.base):
        shown = ", ".join(files[:5]) + (f" and {len(files) - 5} more" if len(files) > 5 else "")
        raise Superseded(f"branch {job.base} has other code than commit {job.commit[:12]} now in {shown}")
    remote.push(order, made)
    return made.head, made.tree


def report(job: ReportJob) -> ForgeResult:
    """Say how it went: text, status, comment, issue; and leave draft last, when the rest can be read."""
    forge, notes = forge_of(job.hosting), list[str]()
    pull_request, head = _standing(forge, job.hosting, job.branch)
    issue = ""
    with _noted(notes):
        if job.status:
            forge.set_status(job.status)
    if pull_request and pull_request.state == "Open":
        with _noted(notes):
            if job.title or job.body is not None:
                forge.update(pull_request, job.title, job.body)
    if pull_request and job.comment:
        with _noted(notes):
            forge.comment(pull_request, job.comment)
    with _noted(notes):
        issue = forge.open_issue(job.issue) if job.issue else ""
    if job.ready:
        with _noted(notes):
            _make_ready(forge, job, pull_request, head)
    return ForgeResult(pull_request=forge.find(job.branch), head=head, issue=issue, notes=tuple(notes))


def _make_ready(forge: Forge, job: ReportJob, pull_request: HostedPullRequest | None, head: str) -> None:
    """What was verified is a commit: if the branch is anywhere else, nobody is told that it is ready."""
    if pull_request is None:
        raise ForgeFailed(f"there is no pull request of branch {job.branch} that could leave draft")
    if pull_request.state != "Open":
        return
    if head != job.expected_head:
        stands = f"is at {head[:12]}" if head else "was deleted"
        raise ForeignCommit(f"branch {job.branch} {stands}, but {job.expected_head[:12]} was verified")
    forge.leave_draft(pull_request)


def poll(job: PollJob) -> ForgeResult:
    """How it stands, and what people ask for. That comments cannot be read does not hide that they closed it."""
    forge, notes = forge_of(job.hosting), list[str]()
    pull_request, head = _standing(forge, job.hosting, job.branch)
    merged = pull_request is not None and pull_request.state == "Merged"
    result = ForgeResult(
        pull_request=pull_request,
        head=head,
        foreign=bool(job.expected_head) and head != job.expected_head and not merged,
        mark=job.mark,
    )
    if pull_request is None:
        return result
    try:
        heard = listen(forge, pull_request, job.mark)
    except ForgeFailed as error:
        notes.append(f"comments were not read: {error}")
        return result.model_copy(update={"notes": tuple(notes)})
    return result.model_copy(update={"commands": heard.commands, "ignored": heard.ignored, "mark": heard.mark})


def close(job: CloseJob) -> ForgeResult:
    """Close it after the comment, so that nobody finds it closed without a reason."""
    forge, notes = forge_of(job.hosting), list[str]()
    pull_request, head = _standing(forge, job.hosting, job.branch)
    if pull_request and pull_request.state == "Open":
        with _noted(notes):
            if job.comment:
                forge.comment(pull_request, job.comment)
        with _noted(notes):
            forge.close(pull_request)
    return ForgeResult(pull_request=forge.find(job.branch), head=head, notes=tuple(notes))


def _standing(forge: Forge, hosting: Hosting, branch: str) -> tuple[HostedPullRequest | None, str]:
    """The pull request, and where its branch is by git: what the forge says of it may be late."""
    found = forge.find(branch)
    with remote_repository(hosting) as remote:
        return found, remote.head(branch)


@contextmanager
def _noted(notes: list[str]) -> Iterator[None]:
    """What this kind of forge does not offer is said, and the rest is done."""
    try:
        yield
    except NotOffered as error:
        notes.append(str(error))
