"""docs/operations.md names what there is: no metric, verb or reason that somebody would look for in vain."""

import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from setpoint.api.reasons import Reason, Step
from setpoint.cli.kube import VERBS
from setpoint.kube.metrics import Metrics

PAGE = (Path(__file__).parents[3] / "docs/operations.md").read_text()


def test_every_metric_of_the_operator_is_explained_and_no_other():
    """By its name in Prometheus, with its labels."""
    families = list(text_string_to_metric_families(Metrics().page().decode()))
    ours = {
        family.name + ("_total" if family.type == "counter" else "")
        for family in families
        if family.name.startswith("setpoint_") and not family.name.endswith("_created")
    }
    assert set(re.findall(r"setpoint_[a-z_]+", PAGE)) == ours


def test_the_verbs_of_the_page_are_those_of_the_command():
    """Whoever types them at night must not be told that they are unknown."""
    assert set(re.findall(r"`?\bk ([a-z]+)\b", PAGE)) <= set(VERBS)


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.WITHIN_SETPOINTS])
def test_every_reason_for_no_pass_is_explained(reason):
    """Each with what to do."""
    assert reason in PAGE


def test_what_waits_for_people_is_explained():
    """The three steps that nobody else takes."""
    waiting = {Step.AWAITING_APPROVAL, Step.AWAITING_IMAGE, Step.AWAITING_MERGE}
    assert {step for step in Step if step in PAGE} == waiting


def test_the_page_of_the_command_tells_every_verb_and_no_other():
    """In the first column of its table."""
    page = (Path(__file__).parents[3] / "docs/kube.md").read_text()
    told = re.findall(r"^\| (`.*?) \|", page, re.MULTILINE)
    assert {word for cell in told for word in re.findall(r"`([a-z]+)\b", cell)} - {"all"} == set(VERBS)
