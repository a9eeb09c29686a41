"""The pull request's text: what breached, why, the change, how it was verified, and how to check and to stop it.

Most of it came from outside (a model's words, stack frames, metric labels), so all of it is shown as text.
"""

import shlex
from dataclasses import dataclass

from setpoint.api.remedy import Proposal, Tried, Verification
from setpoint.api.verdict import Verdict
from setpoint.report.tables import change_markdown, verdict_markdown
from setpoint.report.text import clean, markdown, markdown_block, markdown_code, markdown_paragraphs

LONGEST_BODY = 59_000
LONGEST_DIFF = 20_000
LONGEST_TRIED_DIFF = 4_000
MOST_WORDS = 10


@dataclass(frozen=True, slots=True)
class Story:
    """All that the text rests on. `ended`: how the remediation ended, in words; empty while it is open.

    `before` is the verdict that opened the remediation, `words` is the evidence in sentences, `file` the constraints
    file as it is called in the repository; `cluster`: it is a custom resource instead. `earlier`: what was answered to
    the same constraint before, in sentences.
    """

    name: str
    commit: str
    branch: str
    before: Verdict
    proposal: Proposal
    verification: Verification | None = None
    words: tuple[str, ...] = ()
    tried: tuple[Tried, ...] = ()
    ended: str = ""
    file: str = "performance-constraints.yaml"
    cluster: bool = False
    earlier: tuple[str, ...] = ()


def title(name: str, before: Verdict, proposal: Proposal) -> str:
    """One line for the pull request and its commit."""
    rows = ", ".join(clean(row.constraint, 80) for row in before.breached())
    return f"{clean(name, 63)}: {clean(proposal.title, 120)}" if proposal.title else f"{clean(name, 63)}: repair {rows}"


def body(story: Story) -> str:
    """Markdown without a heading of the first level, of at most 60,000 characters: forges take no more."""
    sections = {
        "What is breached": verdict_markdown(story.before),
        "Cause": _cause(story),
        "Change": _change(story),
        "Verification": _verification(story.verification),
        "How to reproduce": _reproduce_in_cluster(story) if story.cluster else _reproduce(story),
        "How to stop this": _STOP_IN_CLUSTER if story.cluster else _STOP,
        "What else was tried": _tried(story.tried),
        "What was answered before": "\n".join(f"- {markdown(said, 500)}" for said in story.earlier),
    }
    text = _state(story)
    for heading, section in sections.items():
        fits = len(text) + len(section) < LONGEST_BODY
        if section:
            text += f"\n\n## {heading}\n\n{section.strip() if fits else 'Too long for here; the report has it.'}"
    return text + "\n"


_STOP = (
    "Close this pull request, or delete its branch: the remediation ends, and the breach stays reported. "
    "`repair.mode: Observe` in the constraints file keeps the measuring and stops all repairs."
)

_STOP_IN_CLUSTER = (
    "Close this pull request, or comment `/setpoint stop`: the remediation ends, and the breach stays reported. "
    "`spec.repair.mode: Observe` keeps the measuring and stops all repairs. `/setpoint approve` lets copies start "
    "where `verify.approval` asks for it, and `/setpoint retry` has it tried again after it ended."
)


def _reproduce_in_cluster(story: Story) -> str:
    commit, branch, name = (clean(text, 250) for text in (story.commit, story.branch, story.name))
    commands = [
        f"git diff {shlex.quote(commit)} {shlex.quote(branch)}",
        f"kubectl setpoint explain {shlex.quote(name)}   # the verdict, and every decision since",
        f"kubectl setpoint run {shlex.quote(name)}   # the same load on what is deployed",
    ]
    return markdown_block("\n".join(commands), "sh")


def _state(story: Story) -> str:
    about = f"of {markdown_code(story.name)} at commit {markdown_code(story.commit[:12])}"
    if story.ended:
        return f"Setpoint {about}: {markdown(story.ended, 1000)}"
    if story.verification is None:
        return f"A proposed repair {about}. **Its effect is not verified yet.** Setpoint does not merge; people do."
    return f"A repair {about}. Setpoint does not merge; people do."


def _cause(story: Story) -> str:
    said = markdown_paragraphs(story.proposal.cause) or "The proposer gave no cause."
    words = "\n".join(f"- {markdown(word, 400)}" for word in story.words[:MOST_WORDS])
    return f"{said}\n\nWhat a profiling copy showed under the same load:\n\n{words}" if words else said


def _change(story: Story) -> str:
    said = markdown_paragraphs(story.proposal.explanation)
    by = f"Proposed by {markdown_code(story.proposal.proposer)}" if story.proposal.proposer else ""
    pattern = f" by its pattern {markdown_code(story.proposal.pattern)}" if by and story.proposal.pattern else ""
    credit = f"{by}{pattern}." if by else ""
    return "\n\n".join(part for part in (said, _diff(story.proposal.patch, LONGEST_DIFF), credit) if part)


def _diff(patch: str, longest: int) -> str:
    shown = patch[:longest]
    cut = f"\n\nOnly the first {longest:,} characters are shown here." if len(patch) > longest else ""
    return markdown_block(shown, "diff") + cut


def _verification(verification: Verification | None) -> str:
    if verification is None:
        return "Not yet: a copy with this change and an unchanged copy will run side by side under the same load."
    table = change_markdown(verification.changes).rstrip() if verification.changes else ""
    how = "An unchanged copy (before) and one with this change (after) ran side by side under the same load."
    work = "\n".join(f"- {markdown(line)}" for line in verification.work)
    said = f"**{verification.outcome.value}**: {markdown(verification.why, 2000)}"
    return "\n\n".join(part for part in (how, table, said, work) if part)


def _reproduce(story: Story) -> str:
    commit, branch, file = (clean(text, 250) for text in (story.commit, story.branch, story.file))
    commands = [
        f"git diff {shlex.quote(commit)} {shlex.quote(branch)}",
        f"setpoint run {shlex.quote(file)}   # the breach, on {commit[:12]}",
        f"git switch {shlex.quote(branch)} && setpoint capture {shlex.quote(file)} > metrics.json",
        f"setpoint check metrics.json {shlex.quote(file)}   # the same judgement of this branch",
    ]
    return markdown_block("\n".join(commands), "sh")


def _tried(tried: tuple[Tried, ...]) -> str:
    return "\n\n".join(_attempt(attempt) for attempt in tried)


def _attempt(attempt: Tried) -> str:
    heading = f"Attempt {attempt.number}: {markdown(attempt.title or 'without a title', 200)}"
    diff = _diff(attempt.patch, LONGEST_TRIED_DIFF)
    details = f"<details><summary>diff</summary>\n\n{diff}\n\n</details>"
    return f"{heading}. It was not enough: {markdown(attempt.why_not, 1000)}\n\n{details}"
