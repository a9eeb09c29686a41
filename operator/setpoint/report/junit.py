"""A verdict as a JUnit file: a test case for each row, which every build server shows."""

from xml.etree import ElementTree

from setpoint.api.reasons import Result
from setpoint.api.verdict import Row, Verdict
from setpoint.report.rows import limit_text, span, value
from setpoint.report.text import clean


def junit(verdict: Verdict, name: str = "setpoint") -> str:
    """Breached is a failure and Inconclusive an error: neither passes silently."""
    count = {result: sum(row.result is result for row in verdict.rows) for result in Result}
    suite = ElementTree.Element(
        "testsuite",
        name=clean(name, 200),
        tests=str(len(verdict.rows)),
        failures=str(count[Result.BREACHED]),
        errors=str(count[Result.INCONCLUSIVE]),
    )
    suite.extend(_case(row, clean(name, 200)) for row in verdict.rows)
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(row: Row, suite: str) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname=suite, name=clean(row.constraint, 200))
    kind = {Result.BREACHED: "failure", Result.INCONCLUSIVE: "error"}.get(row.result)
    if kind:
        ElementTree.SubElement(case, kind, type=row.reason.value, message=clean(row.message, 2000))
    observed, limit = value(row.observed, row.unit), limit_text(row.constraint, row.limit, row.unit)
    said = f"observed {observed}, limit {limit}, interval {span(row.interval)} at {row.confidence:.4g}"
    where = f", {clean(row.instance)}" if row.instance else ""
    ElementTree.SubElement(case, "system-out").text = f"{said}, {row.samples} samples{where}"
    return case
