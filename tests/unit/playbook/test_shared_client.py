"""Clients, engines and pools that are made for every request, though one would serve them all."""

import pytest

# name: (source, line that makes it, new lines, lines that went)
VARIANTS = {
    "an engine with its address in a constant": (
        """
        from sqlalchemy import create_engine, text

        URL = "sqlite:///shop.db"

        def count():
            engine = create_engine(URL)
            with engine.connect() as connection:
                return connection.execute(text("SELECT 1")).scalar()
        """,
        "create_engine(URL)",
        ["ENGINE = create_engine(URL)", "engine = ENGINE"],
        ["engine = create_engine(URL)"],
    ),
    "a session that is used in one go": (
        """
        import requests

        async def rate(currency):
            return requests.Session().get("http://rates/" + currency).text
        """,
        "requests.Session()",
        [
            "from http.cookiejar import DefaultCookiePolicy",
            "LOADED = requests.Session()",
            "LOADED.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))",
            'return LOADED.get("http://rates/" + currency).text',
        ],
        ['return requests.Session().get("http://rates/" + currency).text'],
    ),
    "a client with what its object was made with": (
        """
        import redis

        class Store:
            def __init__(self, host):
                self.host = host

            def get(self, key):
                return redis.Redis(host=self.host).get(key)
        """,
        "redis.Redis(",
        ["self._loaded = redis.Redis(host=self.host)", "return self._loaded.get(key)"],
        ["return redis.Redis(host=self.host).get(key)"],
    ),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_one_serves_all_requests(service, name):
    """It is made when the module is loaded, or with the object that uses it."""
    source, makes, added, removed = VARIANTS[name]
    written = service(source)
    evidence = written.opened(makes, kind="client", still_open=0)
    shared = [one for one in written.repairs(evidence, "latency.p50") if one.edit.pattern == "client-per-request"]
    assert [(one.added, one.removed) for one in shared] == [(added, removed)]


@pytest.mark.parametrize(
    "body",
    [
        "with requests.Session() as session:\n        return session.get(url)",
        "session = requests.Session()\n    session.auth = (url, '')\n    session.close()",
        "return requests.Session(url)",
    ],
    ids=["it is closed by its block", "it is closed by its name", "it depends on the request"],
)
def test_a_client_of_one_request_is_not_shared(service, body):
    """Who closes it, or makes it of the request's own, wants one of their own."""
    written = service(f"import requests\n\ndef ask(url):\n    {body}\n")
    evidence = written.opened("requests.Session", kind="client", still_open=0)
    patterns = [one.edit.pattern for one in written.repairs(evidence, "latency.p50")]
    assert "client-per-request" not in patterns
