"""The report of a run: one HTML file that needs no network, runs no script, and shows outside text as text."""

import base64
import hashlib
from importlib.resources import files

from setpoint.report.markup import Markup, tag
from setpoint.report.run import ReportInput
from setpoint.report.sections import attempts, evidence, head, setpoints, timeline


def render(run: ReportInput) -> str:
    """The whole file."""
    style = files("setpoint.report").joinpath("page.css").read_text(encoding="utf-8")
    parts = {
        "setpoints": ("Setpoints", setpoints(run)),
        "timeline": ("Timeline", timeline(run)),
        "evidence": ("Evidence", evidence(run)),
        "attempts": ("Attempts", attempts(run)),
    }
    shown = {id: part for id, part in parts.items() if part[1] is not None}
    sections = [
        tag("section", tag("h2", title, id=id), content, aria_labelledby=id) for id, (title, content) in shown.items()
    ]
    links = [tag("li", tag("a", title, href=f"#{id}")) for id, (title, _) in shown.items()]
    body = tag(
        "body",
        tag("a", "Skip to the setpoints", href="#setpoints", class_="skip"),
        tag("header", head(run), tag("nav", tag("ul", *links), aria_label="Sections")),
        tag("main", *sections),
        tag("footer", tag("p", "Written by Setpoint. People merge; Setpoint does not.", class_="quiet")),
    )
    return "<!doctype html>\n" + tag("html", _meta(run.title, style), body, lang="en") + "\n"


def _meta(title: str, style: str) -> Markup:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("link", rel="icon", href="data:,"),
        tag("title", title),
        tag("style", Markup(style)),
    )
