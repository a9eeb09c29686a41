"""The ledger: everything that a remediation tried, for the people who are called, as Markdown."""

from setpoint.api.reasons import Ending
from setpoint.control.record import Attempt, Record, Remediation
from setpoint.report.tables import change_markdown, verdict_markdown
from setpoint.report.text import clean, markdown, markdown_block, markdown_paragraphs

LONGEST, LONGEST_DIFF, LONGEST_OUTPUT = 59_000, 6_000, 2_000


def ledger_title(record: Record) -> str:
    """Of the issue, where there is no pull request."""
    rows = ", ".join(clean(row.constraint, 80) for row in record.verdict.breached()) if record.verdict else ""
    return f"{clean(record.name, 63)}: {rows} is breached, and was not repaired"[:250]


def ledger(record: Record) -> str:
    """How it ended, what was breached, and each attempt with why it was or was not enough."""
    remediation = record.remediation
    assert remediation is not None
    parts = [_head(remediation), *(_attempt(attempt) for attempt in remediation.attempts), _next(remediation)]
    if record.verdict and not remediation.pull_request:
        parts.insert(1, f"### What is breached\n\n{verdict_markdown(record.verdict)}")
    text = ""
    for part in parts:
        if part and len(text) + len(part) < LONGEST:
            text += f"{part.strip()}\n\n"
    return text


def _head(remediation: Remediation) -> str:
    reason = remediation.escalation or remediation.ended or "Open"
    word = "Verified" if remediation.ended is Ending.VERIFIED else str(reason)
    return f"**{word}** after {_count(len(remediation.attempts))}: {markdown(remediation.message, 1000)}"


def _count(attempts: int) -> str:
    return "1 attempt" if attempts == 1 else f"{attempts} attempts"


def _attempt(attempt: Attempt) -> str:
    proposal = attempt.proposal
    name = markdown((proposal.title if proposal else "") or "without a proposal", 200)
    said = f"### Attempt {attempt.number}: {name}\n\n{attempt.outcome or 'open'}: {markdown(attempt.why, 1000)}"
    parts = [said, markdown_paragraphs(proposal.cause) if proposal else ""]
    if attempt.gate and attempt.gate.violations:
        parts.append("\n".join(f"- {markdown(violation, 300)}" for violation in attempt.gate.violations[:10]))
    if attempt.test and not attempt.test.passed:
        parts.append(_details("what the tests printed", markdown_block(attempt.test.output[-LONGEST_OUTPUT:], "text")))
    if attempt.verification and attempt.verification.changes:
        parts.append(change_markdown(attempt.verification.changes))
    if attempt.patch:
        parts.append(_details("the change", markdown_block(attempt.patch[:LONGEST_DIFF], "diff")))
    return "\n\n".join(part for part in parts if part)


def _details(summary: str, inside: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{inside}\n\n</details>"


def _next(remediation: Remediation) -> str:
    if remediation.ended in (Ending.VERIFIED, Ending.SUPERSEDED):
        return ""
    return "Comment `/setpoint retry` to have it tried again. Nothing else happens until the cool-down is over."
