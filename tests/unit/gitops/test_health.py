"""GitOps tools understand the status, and a breach does not block the deployment that carries its repair."""

from pathlib import Path

import yaml

from setpoint.api.resource import API_VERSION, KIND

ROOT = Path(__file__).parents[3]
ARGO_KNOWS = {"Healthy", "Progressing", "Degraded", "Suspended"}


def test_argo_cd_shows_the_health_that_the_status_means(case, argo):
    """docs/gitops/health.lua, run by Lua 5.1 without libraries, as Argo CD does."""
    health, message = argo(case.object)
    assert health == case.says["argo"]
    assert health in ARGO_KNOWS
    assert message


def test_argo_cd_says_why_it_is_not_healthy(case, argo):
    """Below the health stands the message of the condition that decided."""
    message = argo(case.object)[1]
    said = {condition["message"] for condition in case.object["status"].get("conditions", ())}
    behind = case.object["status"]["observedGeneration"] != case.object["metadata"]["generation"]
    assert message == "The operator has not seen this generation yet" if behind else message in said


def test_flux_waits_passes_or_fails_as_the_status_means(case, flux):
    """docs/gitops/flux.yaml, evaluated in Flux's order."""
    assert flux(case.object) == case.says["flux"]


def test_kstatus_needs_no_configuration(case, kstatus):
    """Flux without expressions, `kubectl wait` and others that follow kstatus: a breach is not a failed deployment."""
    assert kstatus(case.object) == case.says["kstatus"]


def test_without_a_gate_flux_says_the_same_with_and_without_expressions(case, flux, kstatus):
    """The expressions only add the gate."""
    if "annotations" not in case.object["metadata"]:
        assert flux(case.object) == kstatus(case.object)


def test_a_gate_never_opens_without_a_verdict(case, argo, flux):
    """Healthy by the annotation needs Compliant=True; only a suspended constraint holds nobody up."""
    truth = {one["type"]: (one["status"], one["reason"]) for one in case.object["status"].get("conditions", ())}
    if "annotations" in case.object["metadata"] and truth.get("Compliant", ("",))[0] != "True":
        assert argo(case.object)[0] != "Healthy"
        assert (flux(case.object) == "Current") == (truth.get("Ready", ("", ""))[1] == "Suspended")


def test_a_constraint_without_a_status_is_in_progress(unseen, argo, flux):
    """The operator may be down: nothing is healthy because nobody looked."""
    assert argo(unseen)[0] == "Progressing"
    assert flux(unseen) == "InProgress"


def test_the_expressions_are_about_our_kind():
    """Flux looks them up by both."""
    (checks,) = yaml.safe_load((ROOT / "docs/gitops/flux.yaml").read_text())["spec"]["healthCheckExprs"]
    assert (checks["apiVersion"], checks["kind"]) == (API_VERSION, KIND)
