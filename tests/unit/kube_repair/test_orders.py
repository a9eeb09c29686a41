"""What the pods of a repair that send a load are told."""

import json

import pytest

from setpoint.api.configuration import Configuration
from setpoint.api.forge import Hosting
from setpoint.api.ports import DiagnoseOrder
from setpoint.api.reasons import Result
from setpoint.api.steps import CopyOf
from setpoint.api.verdict import Verdict
from setpoint.kube.repair.copies import Plant
from setpoint.kube.repair.pods import Ground
from setpoint.kube.repair.works import Scene
from unit.kube_repair.test_copies import OWNER, spec_of, template

CONFIGURATION = Configuration.model_validate({"ceilings": {"rate": 40, "duration": "5m"}})


@pytest.mark.parametrize("step", ["verify", "diagnose"])
def test_a_load_of_a_repair_is_held_to_the_operators_ceilings_as_any_other(step):
    """A script in its ConfigMap may be another one by now than that of the run."""
    ground = Ground(OWNER, "run1", "rem1", CONFIGURATION)
    hosting = Hosting(kind="git", repository="https://git.example.com/shop/app.git")
    spec = spec_of()
    scene = Scene(ground, spec, Plant(spec, template(), 8080), hosting, "http://source:8080", "f" * 40)
    if step == "verify":
        work = scene.verify("rem1-1-verify-load", {"control": CopyOf(url="http://10.0.0.1:8080")}, scene.load)
    else:
        work = scene.diagnose("rem1-diagnose", DiagnoseOrder("f" * 40, Verdict(result=Result.BREACHED, rows=())))
    assert json.loads(work.files["order.json"])["most"] == {"rate": 40, "seconds": 300}
