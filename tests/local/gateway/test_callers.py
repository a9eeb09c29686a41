"""Who may call: whom the API server knows by a token for us, and whom the operator has granted something."""

import pytest

from local.gateway.cluster import ACCOUNT, KEY, NAMESPACE, review
from local.gateway.conftest import MODEL, post

BODY = {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": "hello"}]}
POD = "authentication.kubernetes.io/pod-name"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ({"authenticated": False}, 401),
        ({**review(), "audiences": ["https://kubernetes.default.svc"]}, 401),
        ({**review(), "audiences": []}, 401),
        (review(username="somebody"), 401),
        (review(username="system:serviceaccount:shop:"), 401),
        (review(uid=""), 401),
        (review(uid="uid-of-one-of-the-same-name"), 403),
        (review(username=f"system:serviceaccount:office:{ACCOUNT}"), 403),
        (review(username=f"system:serviceaccount:{NAMESPACE}:default"), 403),
        (review(extra={}), 403),
        (review(extra={POD: ["somebodys-pod"]}), 403),
    ],
)
def test_whom_nobody_knows_or_nothing_was_granted_gets_nothing(gateway, cluster, upstream, status, code):
    """The two are told apart; the service hears of neither."""
    cluster.tokens["agent-token"] = status
    answer = post(gateway.url, BODY)
    assert answer.status_code == code
    assert answer.json()["error"]["type"] == {401: "authentication_error", 403: "permission_error"}[code]
    assert upstream.asked == []


def test_without_a_token_nobody_is_asked(gateway, cluster):
    """Nor with one that no ServiceAccount has."""
    before = len(cluster.asked)
    for token in ("", "Bearer", "Basic YTpi", f"Bearer {'x' * 20_000}"):
        assert post(gateway.url, BODY, authorization=token).status_code in (400, 401)
    assert len(cluster.asked) == before


def test_a_token_may_stand_where_keys_stand(gateway):
    """Clients send either header."""
    headers = {"authorization": "", "x-api-key": "agent-token"}
    assert post(gateway.url, BODY, **headers).status_code == 200


def test_a_grant_ends(gateway, cluster, upstream):
    """By its time, and when the operator takes it back."""
    cluster.allow(until=1.0)
    assert post(gateway.url, BODY).status_code == 403
    cluster.fresh()
    del cluster.maps["setpoint-gateway-grants"]["data"][KEY]
    assert post(gateway.url, BODY).status_code == 403
    assert upstream.asked == []


def test_a_grant_that_cannot_be_read_is_none(gateway, cluster):
    """Whoever spoiled it."""
    cluster.maps["setpoint-gateway-grants"]["data"][KEY] = '{"namespace": "shop"}'
    assert post(gateway.url, BODY).status_code == 403


@pytest.mark.parametrize("method", ["POST", "GET", "PUT"])
def test_while_the_api_server_does_not_answer_no_call_is_made(gateway, cluster, upstream, method):
    """Tokens, grants and the ledger are all needed; asking again helps."""
    cluster.broken = {method}
    answer = post(gateway.url, BODY)
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
    assert upstream.asked == []
    cluster.broken = set()
    assert post(gateway.url, BODY).status_code == 200
