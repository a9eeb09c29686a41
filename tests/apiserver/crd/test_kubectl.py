"""What people see with kubectl."""

import json
from typing import Any

import pytest

from apiserver.crd.asking import checkout, constraint
from apiserver.crd.test_status import STATUS
from testbed.control_plane import ControlPlane


@pytest.fixture
def shown(installed: ControlPlane, namespace: str) -> Any:
    """Shows the one constraint of a namespace as a table: its header and its row."""
    kubectl = installed.kubectl
    kubectl.apply(constraint(checkout()), namespace=namespace)

    def _shown(*how: str, kind: str = "perfc", status: Any = None) -> tuple[list[str], str]:
        if status is not None:
            patch = json.dumps({"status": status})
            one = ("perfc", "checkout", "--namespace", namespace)
            kubectl("patch", *one, "--type=merge", "--subresource=status", "--patch", patch)
        header, row = kubectl("get", kind, "--namespace", namespace, *how).rstrip().split("\n")
        return header.split(), row

    return _shown


def test_a_table_tells_where_each_constraint_stands(shown: Any):
    """The whole answer in one line."""
    header, row = shown(status=STATUS)
    assert header == ["NAME", "TARGET", "COMPLIANT", "WORST", "REMEDIATION", "READY", "LASTRUN", "AGE"]
    assert row.split()[:6] == ["checkout", "checkout", "False", "heap.growth", "Verifying", "True"]


def test_a_constraint_that_was_never_run_has_an_empty_row(shown: Any):
    """No invented verdict."""
    _, row = shown()
    assert row.split()[:2] == ["checkout", "checkout"]
    assert len(row.split()) == 3


def test_the_wide_table_tells_why(shown: Any):
    """With the message, the step, the pull request and the next run."""
    header, row = shown("-o", "wide", status=STATUS)
    assert header[8:] == ["PHASE", "REASON", "MESSAGE", "STEP", "PULLREQUEST", "NEXTRUN", "SUSPENDED"]
    assert "SetpointBreached" in row
    assert row.split()[-4:] == ["Verifying", "https://f/1", "2026-01-01T00:00:00Z", "false"]


@pytest.mark.parametrize("kind", ["perfc", "performanceconstraint", "setpoint", "pc.setpoint.dev"])
def test_it_has_short_names_and_a_category(shown: Any, kind: str):
    """Kubernetes' own PriorityClass is called pc, too: without the group, kubectl means that one."""
    assert shown(kind=kind)[1].split()[0] == "checkout"


def test_kubectl_explains_a_field_in_words(installed: ControlPlane):
    """In the resource's own spelling, with the default."""
    told = " ".join(installed.kubectl("explain", "perfc.spec.constraints.heap").split())
    assert "Growth of the retained heap, for each instance." in told
    assert "maxRetainedGrowthSlope <number> -required- Most growth, MB per hour" in told
    tolerance = " ".join(installed.kubectl("explain", "perfc.spec.constraints.memory.tolerancePercent").split())
    assert "Allowed on top of maxMb, in percent of it" in tolerance


def test_every_field_is_explained(installed: ControlPlane):
    """Nobody has to guess what a field means."""
    definition = installed.kubectl.json("get", "crd", "performanceconstraints.setpoint.dev")
    schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]

    def silent(node: Any, path: str) -> list[str]:
        own = [] if node.get("description") else [path]
        below = {
            **node.get("properties", {}),
            **({"[]": node["items"]} if "properties" in node.get("items", {}) else {}),
        }
        return own + [place for name, child in below.items() for place in silent(child, f"{path}.{name}")]

    assert silent(schema, "spec") == []
