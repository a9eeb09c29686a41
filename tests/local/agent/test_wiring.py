"""How a local run wires the proposers: what is said first, and the quick look that a model gets of its change."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from setpoint.api.errors import InputError, ModelFailed
from setpoint.api.loading import load_spec
from setpoint.api.ports import ProposeOrder
from setpoint.api.reasons import Reason, Result
from setpoint.api.remedy import Evidence
from setpoint.api.spec import Repair
from setpoint.api.verdict import Row, Verdict
from setpoint.cli.local import Session, workshop
from setpoint.cli.started import need_target
from setpoint.cli.tell import PlainTell
from setpoint.repair.proposers import check_proposer

KEY = {"ANTHROPIC_API_KEY": "k"}
READY = {"mode": "Verify", "source": {"paths": ["a.py"]}, "test": {"command": ["true"]}}


@pytest.mark.parametrize(
    ("repair", "environment", "said"),
    [
        ({"proposer": "anthropic"}, {}, "set ANTHROPIC_API_KEY"),
        ({"proposer": "anthropic", "model": "mine"}, KEY, "prices of mine are not known"),
        ({"proposer": "command", "command": ["x"], "environment": ["X"]}, {}, "X is not set"),
    ],
)
def test_what_a_proposer_lacks_is_said_before_anything_is_measured(repair, environment, said):
    """But only to those who want a proposal."""
    with pytest.raises((InputError, ModelFailed), match=said):
        check_proposer(Repair.model_validate({**READY, **repair}), environment)
    check_proposer(Repair.model_validate(repair), environment)


def test_a_proposer_that_lacks_nothing_may_begin():
    """With a key, or without need of one."""
    check_proposer(Repair.model_validate({**READY, "proposer": "anthropic"}), KEY)
    check_proposer(Repair.model_validate(READY), {})


@pytest.fixture
def session(shop, tmp_path):
    """A local run on the demo, with a short load."""
    file = shop.folder / "performance-constraints.yaml"
    whole = yaml.safe_load(file.read_text())
    whole["load"].update(warmup="1s", duration="4s")
    file.write_text(yaml.safe_dump(whole))
    spec = load_spec(file)
    yield Session(
        file=file,
        spec=spec,
        target=need_target(file, spec),
        folder=tmp_path / "run",
        owner=shop.owner,
        tell=PlainTell(shop.talk),
    )
    shutil.rmtree(tmp_path / "run", ignore_errors=True)


def test_a_quick_look_tells_before_and_after_and_leaves_nothing(session, shop):
    """Real copies under real load; a change that does not start is told too."""
    row = Row(
        constraint="heap.growth",
        observed=900,
        limit=0,
        unit="MB/h",
        confidence=0.99,
        result=Result.BREACHED,
        reason=Reason.SETPOINT_BREACHED,
        message="",
    )
    verdict = Verdict(result=Result.BREACHED, rows=(row,))
    given = workshop(session, ProposeOrder(shop.source.resolve(None), "", verdict, Evidence()))
    assert given.paths == ("app.py", "processor.py")
    assert given.measure is not None
    table = given.measure(change(shop.folder, "BATCH = 100", "BATCH = 50"))
    assert {"heap.growth", "latency.p99", "throughput"} <= {line.split(" ")[0] for line in table.splitlines()}
    assert "does not start" in given.measure(change(shop.folder, "BATCH = 100", "BATCH = nothing"))
    assert not list((session.folder / "scratch").glob("quick-*"))
    assert not (session.folder / "pairs").exists()


def change(folder: Path, old: str, new: str) -> str:
    """A patch that puts `new` in the place of `old`; the file is as before."""
    file = folder / "processor.py"
    text = file.read_text()
    file.write_text(text.replace(old, new))
    patch = subprocess.run(["git", "diff", "--", "."], cwd=folder, capture_output=True, text=True, check=True).stdout
    file.write_text(text)
    return patch[patch.index("diff --git a/services/events/processor.py") :]
