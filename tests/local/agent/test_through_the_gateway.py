"""The proposer as its pod has it: no key, a token in a file, and the real gateway between it and the model."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from local.agent.test_endings import DONE, EDIT, FINISH
from local.gateway.cluster import KEY, FakeCluster, review, running
from local.gateway.conftest import SERVICE_KEY, Process
from setpoint.api.errors import BudgetExhausted, ModelFailed


@pytest.fixture
def cluster() -> Iterator[FakeCluster]:
    """It knows one agent."""
    with running() as cluster:
        yield cluster


@pytest.fixture
def between(cluster, play, tmp_path):
    """between(*turns): a shop whose model says these, and how to ask it through a gateway."""
    begun = []

    def begin(*turns):
        shop = play(*turns, key=SERVICE_KEY)
        begun.append(Process(tmp_path / "gateway", cluster, shop.url))
        token = tmp_path / "token"
        token.write_text("agent-token\n")
        ours = {"ANTHROPIC_BASE_URL": begun[0].url, "SETPOINT_MODEL_TOKEN_FILE": str(token)}
        return shop, token, lambda **more: shop.propose("anthropic", ours, **more)

    yield begin
    for process in begun:
        process.kill()


def test_an_agent_without_a_key_proposes_its_change(between, cluster):
    """What it has used is counted as it counts it itself."""
    shop, _, propose = between(*DONE)
    assert "self.events.clear()" in propose().patch
    spent = cluster.ledger.attempts[KEY].spent
    assert spent.calls == len(shop.asked) == 2
    assert spent.usd == sum(Decimal(line["usd"]) for line in shop.trace if line["kind"] == "answered")


def test_a_token_that_is_replaced_meanwhile_is_read_anew(between, cluster):
    """The kubelet does so before it expires."""
    shop, token, propose = between({"tools": [EDIT]}, {"tools": [{"name": "measure", "input": {}}]}, FINISH)

    def rotate(patch):
        token.write_text("the-next-one")
        cluster.tokens = {"the-next-one": review()}
        return "heap.growth 900 → 3 MB/h"

    shop.measuring = rotate
    assert propose().patch
    assert cluster.ledger.attempts[KEY].spent.calls == 3


def test_the_gateways_budget_ends_an_attempt_as_its_own_would(between, cluster):
    """Whatever the agent believes to have."""
    cluster.allow(usd="0.010000")
    _, _, propose = between(*DONE)
    with pytest.raises(BudgetExhausted, match="remediation's budget is used up"):
        propose()


def test_an_agent_that_nobody_knows_fails(between, cluster):
    """It does not ask again and again."""
    cluster.tokens = {}
    _, _, propose = between(*DONE)
    with pytest.raises(ModelFailed, match=r"\(401\)"):
        propose()
