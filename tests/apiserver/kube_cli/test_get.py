"""`setpoint kube get`: how constraints stand, and an exit code that a script can stand on."""

import json

import pytest

WITHIN = {"Ready": ("True", "Enforcing", ""), "Compliant": ("True", "WithinSetpoints", "2 of 2 setpoints are met")}
BREACHED = {"Ready": ("True", "Enforcing", ""), "Compliant": ("False", "SetpointBreached", "memory: 410 MB is over")}
UNKNOWN = {"Ready": ("True", "Enforcing", ""), "Compliant": ("Unknown", "NoData", "Prometheus did not answer")}
ROW = {
    "constraint": "memory",
    "observed": 410.0,
    "limit": 300.0,
    "unit": "MB",
    "confidence": 0.99,
    "samples": 80,
    "result": "Breached",
    "reason": "SetpointBreached",
    "message": "410 MB is over 300 MB",
}
RUN = {"id": "0123456789ab", "number": 1, "trigger": "Schedule", "generation": 1, "startedAt": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(("conditions", "code"), [(WITHIN, 0), (BREACHED, 1), (UNKNOWN, 3)])
def test_the_exit_code_of_one_is_its_verdict(kube, made, conditions, code):
    """True, False, Unknown."""
    made(conditions=conditions)
    said = kube("get", "checkout")
    assert (said.code, said.err) == (code, "")
    assert f"{conditions['Compliant'][0]} {conditions['Compliant'][1]}" in said.out


def test_of_several_the_worst_decides(kube, made):
    """Unknown is no pass, and a breach is worse."""
    for name, conditions in (("one", WITHIN), ("two", UNKNOWN), ("three", BREACHED)):
        made(name, conditions=conditions)
    assert kube("get", "one", "two").code == 3
    assert kube("get", "one", "two", "three").code == 1


def test_one_that_nobody_has_looked_at_is_not_known(kube, made):
    """The operator may not run at all."""
    made()
    said = kube("get", "checkout")
    assert said.code == 3
    assert "the operator has not looked at it" in said.out


def test_a_verdict_on_an_older_spec_is_none_on_this_one(kube, made):
    """The generation moved on, and the operator has not."""
    constraint = made(conditions=WITHIN)
    constraint.patch({"spec": {"constraints": {"memory": {"maxMb": 1}}}})
    said = kube("get", "checkout")
    assert said.code == 3
    assert "nothing is known of generation 2 yet; of generation 1 it was True" in said.out


def test_one_shows_its_conditions_rows_and_run(kube, made):
    """What is out of the ordinary above what is not."""
    stalled = {**BREACHED, "Stalled": ("True", "PolicyDenied", "rate 10 is over the ceiling")}
    ended = {**RUN, "finishedAt": "2026-01-01T00:02:00Z", "result": "Breached"}
    made(conditions=stalled, constraints=[ROW], worst="memory", lastRun=ended)
    out = kube("get", "checkout").out
    assert out.index("Stalled True PolicyDenied: rate 10") < out.index("Ready True Enforcing")
    assert next(line for line in out.splitlines() if line.startswith("memory ")).endswith("✗ Breached")
    assert "run 0123456789ab (Schedule) ended 2026-01-01T00:02:00Z: Breached" in out


def test_all_of_a_namespace_are_a_table_and_no_verdict(kube, made):
    """The exit code of a list says that it could be read."""
    made("one", conditions=WITHIN)
    made("two", conditions=UNKNOWN, lastRun=RUN)
    said = kube("get")
    assert said.code == 0
    head, _, one, two = said.out.splitlines()
    assert head.split() == [*["NAME", "TARGET", "WORST", "REMEDIATION", "READY", "LAST", "RUN", "AGE", "COMPLIANT"]]
    assert one.split()[:2] == ["one", "checkout"] and one.endswith("✓ True")
    assert "running" in two and two.endswith("? NoData")


def test_all_namespaces_are_told_apart(kube, made, namespace):
    """With -A."""
    made(conditions=WITHIN)
    said = kube("get", "-A")
    assert said.out.startswith("NAMESPACE")
    assert any(line.startswith(namespace) for line in said.out.splitlines())


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_a_table_is_never_wider_than_the_terminal(kube, made, monkeypatch, width):
    """Columns go, then names are cut; name and verdict stay."""
    monkeypatch.setenv("COLUMNS", str(width))
    made("a-constraint-with-quite-a-long-name-for-a-narrow-terminal", conditions=UNKNOWN)
    out = kube("get").out
    assert max(map(len, out.splitlines())) <= width
    assert "a-constr" in out
    assert "? NoData" in out


def test_json_is_what_the_server_has(kube, made):
    """For programs: one object, or a List as kubectl gives it."""
    constraint = made(conditions=WITHIN)
    one = json.loads(kube("get", "checkout", "-o", "json").out)
    assert one["spec"] == constraint.object()["spec"]
    listed = json.loads(kube("get", "--output", "json").out)
    assert (listed["kind"], [item["metadata"]["name"] for item in listed["items"]]) == ("List", ["checkout"])


def test_what_a_status_holds_cannot_move_the_cursor(kube, made):
    """Messages come from logs and labels of the target: hostile text is shown as text."""
    evil = "\x1b[2J\x1b]0;owned\x07ok\r\nCompliant True"
    made(conditions={"Compliant": ("False", "SetpointBreached", evil)}, worst="\x1b[31mred")
    for words in (("get",), ("get", "checkout"), ("get", "-o", "json"), ("explain", "checkout")):
        out = kube(*words).out
        assert out.replace("\n", "").isprintable()
    assert "\nCompliant True" not in kube("get", "checkout").out


def test_no_constraints_is_said(kube):
    """And is no error."""
    said = kube("get")
    assert (said.code, said.out.partition(" in ")[0]) == (0, "no constraints")
