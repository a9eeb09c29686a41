"""Bad constraints by chance, at the layer that reads them: none ends it, and each is told why.

`make test-bad-constraints` makes 2,000 of each kind and prints what became of them.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apiserver.crd.specs import ODD, consistent, spoiled
from setpoint.api.configuration import Configuration, Endpoint
from setpoint.api.status import LARGEST_STATUS, ResourceStatus
from setpoint.kube.draft import Draft
from setpoint.kube.facts import Deployed, constraint_of
from setpoint.kube.load_job import LoadRequest, job_of
from setpoint.kube.plan import Plan, plan_of
from setpoint.kube.reconciler import plain
from setpoint.kube.repair.copies import Plant, copy_of
from setpoint.kube.repair.pods import Ground
from setpoint.kube.telling import standing

EXAMPLES = int(os.environ.get("SETPOINT_EXAMPLES", "40"))
MANY = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
KNOWN = {"default": Endpoint(url="http://prometheus:9090")}
CONFIGURATION = Configuration(prometheus=KNOWN, repositories=("https://a/*",))
THERE = Deployed("uid", "1", ("shop/checkout:1",), 1, {"app": "a"}, {"app": "a"}, "Available", "1 of 1 available")
TEMPLATE: dict[str, Any] = {"spec": {"containers": [{"name": "app", "image": "shop/checkout:1"}]}}
NOW = 1_800_000_000.0


@pytest.fixture(scope="module")
def counted() -> Iterator[Counter[str]]:
    """What became of them; printed at the end (seen with `pytest -s`)."""
    counted: Counter[str] = Counter()
    yield counted
    print("\n" + "\n".join(f"{count:6} {what}" for what, count in sorted(counted.items())))


def body_of(spec: Any, status: Any = None, annotations: Any = None) -> dict[str, Any]:
    """A whole object, as a watch gives it."""
    about = {"namespace": "shop", "name": "checkout", "uid": "uid", "resourceVersion": "7", "generation": 3}
    return {"metadata": {**about, "annotations": annotations}, "spec": spec, "status": status}


def visited(body: dict[str, Any]) -> tuple[Plan, ResourceStatus]:
    """What the operator makes of it when it first looks."""
    constraint = constraint_of(body)
    plan = plan_of(constraint, THERE, CONFIGURATION)
    draft = Draft(constraint.status, constraint.generation, NOW)
    standing(draft, constraint, plan)
    return plan, draft.finished()


def holds_and_says_why(plan: Plan, status: ResourceStatus) -> str:
    """Checks what must be so of any constraint; its word for the count."""
    written = json.dumps(plain(status))
    assert ResourceStatus.model_validate_json(written) == status
    assert len(written) <= LARGEST_STATUS
    stands = {condition.type: condition for condition in status.conditions}
    assert {"Ready", "Compliant", "TargetAvailable"} <= stands.keys()
    for condition in stands.values():
        assert condition.reason and condition.message, condition
        assert not re.search(r"Traceback|pydantic|[\x00-\x1f\x7f]", condition.message), condition.message
    assert stands["Compliant"].status == "Unknown", "what was not measured is no pass"
    if plan.stalled is None:
        assert stands["Ready"].status == "True"
        return "can be enforced"
    assert stands["Ready"].status == "False"
    assert stands["Stalled"].message == stands["Ready"].message
    assert not plan.can_run
    return f"stalled: {stands['Stalled'].reason}"


def objects_of(plan: Plan, owner: dict[str, str]) -> None:
    """What a run of it would send to the API server, made and serialised."""
    spec = plan.spec
    assert spec is not None
    if spec.load is not None:
        json.dumps(job_of(LoadRequest(owner, "run", "key", spec, "http://checkout", CONFIGURATION)), allow_nan=False)
    if spec.repair.mode == "Verify":
        ground = Ground(owner, "run", "remediation", CONFIGURATION)
        plant = Plant(spec, TEMPLATE, 80)
        json.dumps(copy_of(ground, plant, "key", "candidate", "http://source", spec.verify.image), allow_nan=False)


@MANY
@given(spec=spoiled())
def test_a_spoiled_spec_is_read_or_is_told_where_it_is_wrong(counted: Counter[str], spec: Any) -> None:
    """Also one that no API server would take: the CRD in the cluster may be another than ours."""
    plan, status = visited(body_of(spec))
    word = holds_and_says_why(plan, status)
    if plan.spec is None:
        assert plan.stalled is not None
        assert re.search(r"\bspec\b", plan.stalled.message), plan.stalled.message
    elif plan.can_run:
        objects_of(plan, {"namespace": "shop", "name": "checkout", "uid": "uid"})
    counted[f"spoiled, {word}"] += 1


@MANY
@given(spec=consistent())
def test_a_spec_of_the_schema_is_enforced_or_is_told_what_it_lacks(counted: Counter[str], spec: Any) -> None:
    """Whatever of it the operator's configuration does not allow."""
    plan, status = visited(body_of(spec))
    word = holds_and_says_why(plan, status)
    if plan.can_run:
        objects_of(plan, {"namespace": "shop", "name": "checkout", "uid": "uid"})
    counted[f"of the schema, {word}"] += 1


_STATUSES = st.fixed_dictionaries({}, optional=dict.fromkeys(("lastRun", "conditions", "remediation", "phase"), ODD))
_ANNOTATIONS = st.dictionaries(
    st.sampled_from(["setpoint.dev/run", "setpoint.dev/approve", "setpoint.dev/suspended", "other"]),
    st.sampled_from(["", "true", "TRUE", "\x1b[31m", "a" * 1000, "now\n", "é"]),
)


@MANY
@given(spec=spoiled(), status=_STATUSES, annotations=_ANNOTATIONS)
def test_an_odd_status_or_annotation_is_no_trouble_either(
    counted: Counter[str], spec: Any, status: Any, annotations: Any
) -> None:
    """What cannot be read of a status is taken as none."""
    plan, written = visited(body_of(spec, status, annotations))
    counted[f"odd status, {holds_and_says_why(plan, written)}"] += 1
