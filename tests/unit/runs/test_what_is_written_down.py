"""What is written to disk between steps can be read again, whatever could not be measured."""

import importlib
import pkgutil
import types
from typing import Any, Union, get_args, get_origin

import setpoint.api
from setpoint.api.base import Model
from setpoint.api.reasons import Reason, Result
from setpoint.api.remedy import Change, Outcome, Verification
from setpoint.api.verdict import Row, Verdict
from setpoint.control.files import FileStore
from setpoint.control.record import Attempt, Record, Remediation


def _models(base: type[Model] = Model) -> set[type[Model]]:
    for module in pkgutil.iter_modules(setpoint.api.__path__):
        importlib.import_module(f"setpoint.api.{module.name}")
    below = set(base.__subclasses__())
    return below.union(*(_models(model) for model in below))


def _may_be_none(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, types.UnionType) and type(None) in get_args(annotation)


def test_a_field_that_may_be_none_may_be_absent():
    """JSON is written without what is none, so that nothing may be required there when it is read."""
    models = _models()
    assert {Row, Change, Record} < models
    fields = ((model, name, field) for model in models for name, field in model.model_fields.items())
    required = [f"{m.__name__}.{name}" for m, name, f in fields if _may_be_none(f.annotation) and f.is_required()]
    assert required == []


def test_a_record_with_nothing_observed_survives_the_disk(tmp_path):
    """An inconclusive row and a change without values are read as they were written."""
    row = Row(
        constraint="heap.growth",
        observed=None,
        limit=0,
        unit="MB/h",
        interval=(None, 3.5),
        confidence=0.99,
        result=Result.INCONCLUSIVE,
        reason=Reason.TOO_FEW_SAMPLES,
        message="3 points; at least 12 are needed",
    )
    verdict = Verdict(result=Result.INCONCLUSIVE, rows=(row,))
    change = Change(constraint="heap.growth", unit="MB/h", limit=0, control=None, candidate=None, moved="Unknown")
    verification = Verification(outcome=Outcome.INCONCLUSIVE, why="unknown", changes=(change,), control=verdict)
    remediation = Remediation(id="r", opened_at=1.0, attempts=(Attempt(number=1, verification=verification),))
    record = Record(uid="u", name="n", generation="g", number=1, run="r", commit="c", started_at=0.0)
    record = record.model_copy(update={"verdict": verdict, "remediation": remediation})
    store = FileStore(tmp_path / "run")
    store.save(record)
    assert store.load() == record
