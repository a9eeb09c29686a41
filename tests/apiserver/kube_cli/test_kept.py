"""`explain` and `report` read what the operator keeps of a run, and nothing that only looks like it."""

import base64
import gzip
import json
from xml.etree import ElementTree

import pytest

from setpoint.api.verdict import Verdict
from setpoint.control.record import Action, Decision, Record
from setpoint.kube.names import RECORD, RESULT, metadata

RUN, START = "0123456789ab", 1767225600.0
READY = ("True", "Enforcing", "")
LAST = {
    "id": RUN,
    "number": 1,
    "trigger": "Schedule",
    "generation": 1,
    "startedAt": "2026-01-01T00:00:00Z",
    "finishedAt": "2026-01-01T00:02:00Z",
    "result": "Breached",
}
ROW = {
    "constraint": "memory",
    "observed": 410.0,
    "limit": 300.0,
    "unit": "MB",
    "confidence": 0.99,
    "samples": 80,
    "result": "Breached",
    "reason": "SetpointBreached",
    "message": "410 MB is over\x1b[2J 300 MB",
}
METRICS = {
    "schemaVersion": 1,
    "load": {"requestedRate": 10, "achievedRate": 10, "warmupSeconds": 0, "durationSeconds": 60},
    "signals": {"memory": {"unit": "bytes", "points": [[START + at, 4.1e8] for at in range(0, 60, 2)]}},
}


def packed(text: str | bytes) -> str:
    data = text.encode() if isinstance(text, str) else text
    return base64.b64encode(gzip.compress(data)).decode()


def record(uid: str, run: str = RUN) -> Record:
    """A run that found a breach and only reports it."""
    decisions = (
        Decision(rule="measure_first", action=Action.START, reason="Running", message="run the load", at=START),
        Decision(
            rule="finish_when_observing", action=Action.FINISH, reason="Disabled", message="reported", at=START + 62
        ),
    )
    return Record(
        uid=uid,
        name="checkout",
        generation="1",
        number=1,
        run=run,
        commit="",
        started_at=START,
        verdict=Verdict.model_validate({"result": "Breached", "rows": [ROW]}),
        finished=True,
        decisions=decisions,
    )


@pytest.fixture
def keep(served, made, namespace):
    """A constraint whose last run is kept, as the operator keeps it; gives a function that keeps something else."""
    constraint = made(conditions={"Ready": READY, "Compliant": ("False", "SetpointBreached", "over")}, lastRun=LAST)
    uid = constraint.object()["metadata"]["uid"]

    def _keep(content: str, run: str = RUN, owner: str = uid, name: str = "record.json.gz") -> None:
        role, called = (RECORD, f"setpoint-{run}") if name.startswith("record") else (RESULT, f"setpoint-{run}-measure")
        described = metadata(called, {"namespace": namespace, "name": "checkout", "uid": owner}, role, run)
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": described, "binaryData": {name: content}}
        served.kubectl("delete", "configmap", called, "-n", namespace, "--ignore-not-found")
        served.kubectl.apply(body, namespace=namespace)

    _keep(packed(record(uid).model_dump_json(by_alias=True)))
    _keep(packed(json.dumps(METRICS)), name="result.json.gz")
    _keep.uid = uid
    return _keep


def test_explain_tells_the_decisions_in_order(keep, kube):
    """Which rule had the first opinion, and what it said."""
    said = kube("explain", "checkout")
    assert (said.code, said.err) == (0, "")
    first, second = (line for line in said.out.splitlines() if line.lstrip().startswith("+"))
    assert first.endswith("measure first: run the load")
    assert second.split() == ["+62", "s", "finish", "when", "observing:", "reported"]


def test_explain_as_json_is_for_programs(keep, kube):
    """The decisions with their rules."""
    told = json.loads(kube("explain", "checkout", "-o", "json").out)
    assert [decision["rule"] for decision in told["decisions"]] == ["measure_first", "finish_when_observing"]


def test_without_a_record_the_conditions_explain(made, kube):
    """Records of old runs go; a first run has none."""
    made(conditions={"Ready": READY, "Compliant": ("False", "SetpointBreached", "over")}, lastRun=LAST)
    out = kube("explain", "checkout").out
    assert "its record is not kept" in out
    assert "Compliant False SetpointBreached: over" in out


def test_the_report_is_a_page_with_the_measurement(keep, kube, tmp_path, monkeypatch):
    """One file that needs nothing else; the picture of memory comes from the result."""
    monkeypatch.chdir(tmp_path)
    said = kube("report", "checkout")
    assert (said.code, said.out, said.err) == (0, f"checkout-{RUN}.html\n", "")
    page = (tmp_path / f"checkout-{RUN}.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "<svg" in page
    assert "\x1b" not in page


def test_the_report_of_a_run_whose_result_is_gone_shows_what_is_there(keep, kube, served, namespace):
    """The verdict, without the course of memory over time."""
    before = kube("report", "checkout", "--file", "-").out
    served.kubectl("delete", "configmap", f"setpoint-{RUN}-measure", "-n", namespace)
    page = kube("report", "checkout", "--file", "-").out
    assert "Breached: memory" in page
    assert before.count("<polyline") > page.count("<polyline")


def test_the_report_is_there_for_forges_and_build_servers(keep, kube):
    """Markdown and JUnit on standard output."""
    assert "| memory | 410 |" in kube("report", "checkout", "-o", "markdown").out
    tree = ElementTree.fromstring(kube("report", "checkout", "--output", "junit").out)
    assert tree.find("testsuite").get("failures") == "1"


def test_an_older_run_is_told_by_the_start_of_its_id(keep, kube):
    """While it is kept; what is kept is said."""
    keep(packed(record(keep.uid, "aaaa456789ab").model_dump_json(by_alias=True)), run="aaaa456789ab")
    assert "run aaaa456789ab of checkout" in kube("explain", "checkout", "--run", "aaaa").out
    said = kube("report", "checkout", "--run", "ffff")
    assert said.code == 2
    assert RUN in said.err and "aaaa456789ab" in said.err


@pytest.mark.parametrize(
    "content",
    [
        "",
        base64.b64encode(b"not gzip").decode(),
        packed("not json"),
        packed("{}"),
        packed(b"[" * 100_000),
        packed(b"0" * 70_000_000),
    ],
    ids=["nothing", "not packed", "not JSON", "no record", "deep", "a bomb"],
)
def test_a_damaged_record_is_as_none(keep, kube, content):
    """Whatever somebody put into the ConfigMap, also what unpacks to a thousand times its size."""
    keep(content)
    assert "its record is not kept" in kube("explain", "checkout").out
    said = kube("report", "checkout")
    assert said.code == 2
    assert "no record of the last run is kept" in said.err


def test_a_config_map_that_the_constraint_does_not_own_is_not_its_record(keep, kube):
    """Everybody in the namespace may write ConfigMaps of that name."""
    keep(packed(record(keep.uid).model_dump_json(by_alias=True)), owner="00000000-0000-0000-0000-000000000000")
    assert "its record is not kept" in kube("explain", "checkout").out


def test_a_record_cannot_say_where_the_report_goes(keep, kube, tmp_path, monkeypatch):
    """Its run is the one that the ConfigMap is called after, so that no path gets into the file's name."""
    monkeypatch.chdir(tmp_path)
    keep(packed(record(keep.uid, "../../elsewhere").model_dump_json(by_alias=True)))
    assert kube("report", "checkout").code == 2
    assert list(tmp_path.iterdir()) == []
