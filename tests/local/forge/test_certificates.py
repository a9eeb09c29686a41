"""A forge whose certificate rests on an authority of its own: it is known by that one, and by no other."""

import http.server
import ssl
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from setpoint.api.errors import ForgeFailed
from setpoint.api.forge import Hosting
from setpoint.forge.remote import remote_repository
from setpoint.forge.rest import Rest
from setpoint.forge.token import Token


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """A certificate for localhost that vouches for itself, and its key beside it."""
    made = tmp_path / "own.pem"
    names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "2")
    command = ["openssl", "req", "-x509", *kind, *names, "-keyout", str(tmp_path / "key.pem"), "-out", str(made)]
    subprocess.run(command, check=True, capture_output=True)
    return made


@pytest.fixture
def address(tmp_path: Path, authority: Path, user) -> Iterator[str]:
    """The user's repository behind https, as files, with an API of one page."""
    served = tmp_path / "served"
    bare = ["git", "clone", "--quiet", "--bare", str(user.top), str(served / "shop" / "app.git")]
    subprocess.run(bare, check=True, capture_output=True)
    subprocess.run(["git", "update-server-info"], cwd=bare[-1], check=True)
    (served / "version").write_text('{"version": "1"}')
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(served))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority, tmp_path / "key.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"https://localhost:{server.server_port}"
        server.shutdown()
        thread.join()


def hosting(address: str, authority: Path | None) -> Hosting:
    """The repository at that address."""
    return Hosting(kind="git", repository=f"{address}/shop/app.git", ca_file=str(authority) if authority else None)


def test_git_and_the_api_know_a_forge_by_its_own_authority(address, authority, user):
    """As the configuration names it."""
    with remote_repository(hosting(address, authority)) as repository:
        assert repository.head("main") == user.git("rev-parse", "main")
    rest = Rest(address, Token(""), headers={}, ca_file=str(authority))
    assert rest.get("/version") == {"version": "1"}


def test_a_forge_with_an_unknown_certificate_is_not_talked_to(address):
    """And git's own words say why."""
    with remote_repository(hosting(address, None)) as repository, pytest.raises(ForgeFailed, match="certificate"):
        repository.head("main")
