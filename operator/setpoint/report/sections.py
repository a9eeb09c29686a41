"""The sections of the HTML report. Each gives None when there is nothing to show."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby

from setpoint.api.reasons import Result
from setpoint.api.remedy import Outcome, Site
from setpoint.api.verdict import Verdict
from setpoint.report.markup import Markup, code, join, tag
from setpoint.report.pictures import Sources
from setpoint.report.pieces import badge, diff, paragraphs, pictures, scrolled, table
from setpoint.report.rows import CHANGE_HEAD, ROW_HEAD, cells_of, cells_of_changes, headline
from setpoint.report.run import AttemptReport, ReportInput, TimelineEntry

MOST_SITES = 15
UNKNOWN = Result.INCONCLUSIVE
_TONE = {
    Outcome.ACCEPTED: Result.WITHIN,
    Outcome.IMPROVED: Result.INCONCLUSIVE,
    Outcome.INCONCLUSIVE: Result.INCONCLUSIVE,
}


def head(run: ReportInput) -> Markup:
    """What it is about and how it ended."""
    facts = {"Run": run.run, "Commit": run.commit}
    if run.pull_request:
        facts["Branch"] = run.pull_request.branch
        facts["Pull request"] = run.pull_request.url
    listed = [join(tag("dt", name), tag("dd", tag("code", fact))) for name, fact in facts.items() if fact]
    return join(
        tag("h1", run.title),
        tag("p", badge(headline(run.verdict), run.verdict.result) if run.verdict else badge("no verdict", UNKNOWN)),
        tag("p", run.ended) if run.ended else None,
        tag("dl", *listed) if listed else None,
    )


def setpoints(run: ReportInput) -> Markup | None:
    """The rows, what they say of themselves, and their pictures."""
    if run.verdict is None:
        return None
    said = [tag("li", tag("strong", row.constraint), ": ", row.message) for row in run.verdict.rows]
    notes = [tag("p", note, class_="quiet") for note in run.verdict.notes]
    signals: Sources = [("", run.metrics)] if run.metrics else []
    return join(
        table(ROW_HEAD, cells_of(run.verdict), "What was observed, with its interval"),
        tag("ul", *said),
        *notes,
        pictures(run.verdict, signals, "measured"),
    )


def _told_once(entries: Sequence[TimelineEntry]) -> list[TimelineEntry]:
    """Several decisions in a row may say the same."""
    return [next(same) for _, same in groupby(entries, key=lambda entry: entry.text)]


def timeline(run: ReportInput) -> Markup | None:
    """What the loop did, in order."""
    if not run.timeline:
        return None
    start = run.timeline[0].at
    items = [
        tag(
            "li",
            tag("time", f"+{entry.at - start:.0f} s", datetime=_time(entry.at)),
            tag("span", entry.text),
        )
        for entry in _told_once(run.timeline)
    ]
    began = tag("p", "Began at ", tag("time", _time(start), datetime=_time(start)), ".", class_="quiet")
    return join(began, tag("ol", *items, class_="timeline"))


def evidence(run: ReportInput) -> Markup | None:
    """What a profiling copy showed."""
    found = run.evidence
    if found is None:
        return None
    seen = (
        f"A profiling copy ({found.runtime}) under the same load: {found.requests} requests in {found.seconds:.0f} s."
    )
    return join(
        tag("p", seen, class_="quiet"),
        tag("ul", *(tag("li", word) for word in found.words)) if found.words else tag("p", "Nothing stood out."),
        _sites(found.growth, "Allocations that outlived a collection") if found.growth else None,
        tag("ul", *(tag("li", note) for note in found.notes), class_="quiet") if found.notes else None,
    )


def attempts(run: ReportInput) -> Markup | None:
    """Every change that was tried."""
    if not run.attempts:
        return None
    return join(*(_attempt(attempt, run.verdict) for attempt in run.attempts))


def _attempt(attempt: AttemptReport, verdict: Verdict | None) -> Markup:
    proposal, outcome = attempt.proposal, attempt.outcome or "open"
    title = proposal.title if proposal and proposal.title else "no proposal"
    tone = next((tone for key, tone in _TONE.items() if key == outcome), Result.BREACHED if attempt.outcome else None)
    mark = badge(outcome, tone or Result.INCONCLUSIVE)
    return tag(
        "article",
        tag("h3", f"Attempt {attempt.number}: {title} ", mark, id=f"attempt-{attempt.number}"),
        tag("p", attempt.why) if attempt.why else None,
        paragraphs(proposal.cause) if proposal else None,
        paragraphs(proposal.explanation) if proposal else None,
        diff(proposal.patch) if proposal and proposal.patch else None,
        _checks(attempt),
        _verification(attempt, verdict),
        aria_labelledby=f"attempt-{attempt.number}",
    )


def _checks(attempt: AttemptReport) -> Markup:
    """What the gate and the project's own tests said."""
    gate, test = attempt.gate, attempt.test
    said = []
    if gate:
        size = f"files {gate.files}, lines +{gate.additions} −{gate.deletions}"
        said.append(tag("li", f"Gate: {'passed' if gate.passed else 'refused'} ({size}). ", "; ".join(gate.violations)))
    if test:
        words = f"Tests: {'passed' if test.passed else 'failed'} in {test.seconds:.1f} s: "
        printed = tag("details", tag("summary", "what they printed"), tag("pre", code(test.output), tabindex="0"))
        said.append(tag("li", words, tag("code", " ".join(test.command)), printed if test.output else None))
    return tag("ul", *said) if said else join()


def _verification(attempt: AttemptReport, verdict: Verdict | None) -> Markup | None:
    """Control beside candidate: the table, then a picture of each breached row."""
    verification = attempt.verification
    if verification is None:
        return None
    work = [tag("li", line) for line in verification.work]
    rows_table = table(
        CHANGE_HEAD,
        cells_of_changes(verification.changes),
        "Unchanged copy (before) and changed copy (after)",
    )
    pair: Sources = []
    if attempt.pair:
        pair = [("control", attempt.pair.control), ("candidate", attempt.pair.candidate)]
    rows = verification.candidate or verdict
    return join(
        rows_table if verification.changes else None,
        tag("ul", *work) if work else None,
        pictures(rows, pair, f"attempt-{attempt.number}") if rows and pair else None,
    )


def _sites(sites: Sequence[Site], caption: str) -> Markup:
    rows = [
        tag(
            "tr",
            tag("td", tag("code", f"{site.file}:{site.line}")),
            tag("td", tag("code", site.code or site.function)),
            tag("td", f"{site.grown_bytes / 1e6:.2f} MB", class_="number"),
            tag("td", f"{site.share:.0%}", class_="number"),
        )
        for site in sites[:MOST_SITES]
    ]
    return scrolled(caption, ("Place", "Code", "Grown", "Share"), rows, numeric=(2, 3))


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
