"""The API server and the operator mean the same by a spec: what one takes, the other takes."""

from typing import Any

from hypothesis import HealthCheck, event, given, settings

from apiserver.crd.asking import Collection, holds
from apiserver.crd.specs import consistent, spoiled
from setpoint.api.errors import InputError
from setpoint.api.loading import read_resource_spec

OFTEN = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)


def of_the_operator(spec: Any) -> str:
    """Why it would not take it; empty: it would."""
    try:
        read_resource_spec(spec)
    except InputError as error:
        return str(error)
    return ""


@OFTEN
@given(spec=consistent())
def test_what_the_operator_takes_the_api_server_takes(server: Collection, spec: Any):
    """Else a spec that works on paper could not be applied."""
    refused = of_the_operator(spec)
    answer = server.opinion(spec)
    event("taken" if answer.stored is not None else "refused")
    assert (answer.stored is not None) == (not refused), (refused, answer.message)
    if answer.stored is not None:
        assert holds(answer.stored, spec)
        assert read_resource_spec(answer.stored) == read_resource_spec(spec)


@OFTEN
@given(spec=spoiled())
def test_what_the_api_server_takes_the_operator_takes(server: Collection, spec: Any):
    """Else a bad spec would be found out only after it was applied, where nobody looks."""
    answer = server.opinion(spec)
    event("taken" if answer.stored is not None else "refused")
    if answer.stored is not None:
        assert of_the_operator(answer.stored) == ""
    elif not of_the_operator(spec):
        # The one thing that only the models take: a duration as seconds, which they hold it in themselves.
        assert "must be of type string" in answer.message
