"""The token reaches the forge and nobody else: no argument, environment, address, log, message or result has it."""

import base64
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from contract.forge.conftest import BRANCH
from contract.forge.git_http import GitServer, bare_repository
from contract.forge.github.server import Fault
from contract.forge.places import place
from setpoint.api.errors import ForgeFailed, InputError
from setpoint.forge.command import git
from setpoint.forge.jobs import publish
from setpoint.forge.token import Token, read_token, write_askpass


class Spy(threading.Thread):
    """Reads the arguments and environments of a process and of all that it starts, for as long as it lives."""

    def __init__(self, process: subprocess.Popen) -> None:
        super().__init__(daemon=True)
        self.process, self.seen, self.programs = process, bytearray(), set()
        self.start()

    def run(self) -> None:
        while self.process.poll() is None:
            for pid in family(self.process.pid):
                self.look(pid)
            time.sleep(0.002)

    def look(self, pid: int) -> None:
        for name in ("cmdline", "environ"):
            try:
                content = Path(f"/proc/{pid}/{name}").read_bytes()
            except OSError:
                continue
            self.seen += content
            if name == "cmdline":
                self.programs.add(Path(content.split(b"\0")[0].decode()).name)


def family(pid: int) -> list[int]:
    """The process and its descendants."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(one for child in children for one in family(int(child)))]


def forms(token: str) -> list[bytes]:
    """The token as it travels."""
    return [token.encode(), base64.b64encode(f"x-access-token:{token}".encode())]


def run_job(name: str, order: dict, folder: Path) -> tuple[subprocess.Popen, str, str, Spy]:
    """What `setpoint forge NAME` did, with everything that could be seen of it meanwhile."""
    file = folder / "order.json"
    file.write_text(json.dumps(order))
    command = [sys.executable, "-m", "setpoint", "--debug", "forge", name, "--order", str(file)]
    temporary = folder / "temporary"
    temporary.mkdir(exist_ok=True)
    tracing = {"GIT_TRACE": "1", "GIT_CURL_VERBOSE": "1", "GIT_TRACE_CURL": "1"}
    environment = {**os.environ, **tracing, "TMPDIR": str(temporary)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    spy = Spy(process)
    out, err = process.communicate(timeout=120)
    spy.join()
    return process, out, err, spy


def test_nothing_that_can_be_seen_of_a_job_has_the_token(at, job, tmp_path):
    """Its processes, what it prints, and what it leaves behind; and yet it pushed."""
    process, out, err, spy = run_job("publish", job(at).to_json(), tmp_path)
    assert process.returncode == 0, err
    assert json.loads(out)["head"] == at.branch(BRANCH)
    assert "git" in spy.programs
    for form in forms(at.token):
        assert form not in spy.seen and form.decode() not in out + err
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_forge_that_repeats_the_token_is_not_repeated(tmp_path, service, job):
    """Whatever it says in refusals or results: both go into status and logs."""
    with place("github", tmp_path / "forge", service, None) as at:
        order = job(at)
        at.server.faults = [Fault("GET", "/pulls", 403, f"your token {at.token} may not do this")]
        process, out, err, _ = run_job("publish", order.to_json(), tmp_path)
        assert process.returncode == 4 and json.loads(out)["error"] == "ForgeDenied"
        assert "[token]" in out and at.token not in out + err
        publish(order)
        at.server.pulls[0]["base"] = at.token
        process, out, err, _ = run_job("poll", {"hosting": at.hosting.to_json(), "branch": BRANCH}, tmp_path)
        assert process.returncode == 0 and json.loads(out)["pullRequest"]["base"] == "[token]"
        at.server.pulls[0]["base"] = "main"


def test_a_push_that_is_refused_does_not_tell_the_token(tmp_path, service, job):
    """A hook of the other side may print anything."""
    with place("git-http", tmp_path / "forge", service, None) as at:
        hook = tmp_path / "forge" / "checkout.git" / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\necho 'error: {at.token} is not welcome' >&2\nexit 1\n")
        hook.chmod(0o755)
        process, out, err, _ = run_job("publish", job(at).to_json(), tmp_path)
        assert process.returncode == 4 and at.token not in out + err
        assert "was not moved" in json.loads(out)["message"] and at.branch(BRANCH) == ""


def test_only_the_repositorys_server_is_told_the_token(tmp_path):
    """git asks by naming the server; another name, port or protocol gets nothing."""
    token_file = tmp_path / "to'ken"
    token_file.write_text("secret\n")
    script = write_askpass(tmp_path, "https://git.example.com:8443/shop/app.git", str(token_file))

    def answer(question: str) -> str:
        return subprocess.run([script, question], capture_output=True, text=True, check=False).stdout

    assert answer("Username for 'https://git.example.com:8443': ") == "x-access-token\n"
    assert answer("Password for 'https://x-access-token@git.example.com:8443': ") == "secret\n"
    for other in ("https://git.example.com", "http://git.example.com:8443", "https://gitXexample.com:8443"):
        assert answer(f"Username for '{other}': ") == ""
        assert answer(f"Password for '{other.replace('://', '://x-access-token@')}': ") == ""
    assert answer("Password for 'https://git.example.com:8443': evil: ") == ""
    assert "secret" not in script.read_text()


def test_a_redirect_to_another_server_is_not_followed(tmp_path, service, job):
    """Neither by git nor by the API's client: who redirects would collect the token."""
    with place("github", tmp_path / "forge", service, None) as at:
        order = job(at)
        bare_repository(tmp_path, "other.git", service)
        with GitServer(tmp_path, {at.token: "thief"}) as thief:
            at.server.faults = [Fault("GET", "/pulls", 302, headers={"Location": f"{thief.url}/api/v3/pulls"})]
            with pytest.raises(ForgeFailed, match=f"another server, {thief.url}, which our token must not reach"):
                publish(order)
            assert thief.log == []


def test_git_is_led_nowhere_else(tmp_path, service, job):
    """And says why it did not go on."""
    with place("git-http", tmp_path / "forge", service, None) as at:
        order = job(at)
        bare_repository(tmp_path, "other.git", service)
        with GitServer(tmp_path, {at.token: "thief"}) as thief:
            at.server.moved = thief.url
            with pytest.raises(ForgeFailed, match="was the repository renamed"):
                publish(order)
            assert thief.log == []


def test_the_settings_of_the_machine_lead_git_nowhere_else(tmp_path, service, job, monkeypatch):
    """Neither a helper for passwords, nor another address for ours, nor a proxy."""
    with place("git-http", tmp_path / "forge", service, None) as at:
        home = tmp_path / "home"
        home.mkdir()
        caught = tmp_path / "caught"
        (home / ".gitconfig").write_text(
            f'[credential]\n\thelper = "!cat > {caught}; true"\n'
            f'[url "http://127.0.0.1:1/"]\n\tinsteadOf = {at.server.url}/\n'
            "[http]\n\tproxy = http://127.0.0.1:1\n"
        )
        monkeypatch.setenv("HOME", str(home))
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        order = job(at)
        result = publish(order)
        assert git(("for-each-ref",), tmp_path / "forge" / "checkout.git").decode().find(result.head) > 0
        assert not caught.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "is empty"), (b"\n", "is empty"), (b"two words\n", "does not hold"), (b"\xff\xfe", "does not hold")],
)
def test_a_file_without_a_usable_token_is_one_clear_error(tmp_path, content, said):
    """Before anything is asked of anybody, and without what is in it."""
    (tmp_path / "token").write_bytes(content)
    with pytest.raises(InputError, match=said):
        read_token(str(tmp_path / "token"))
    with pytest.raises(InputError, match="cannot be read"):
        read_token(str(tmp_path / "none"))


def test_a_token_does_not_show_itself():
    """In no representation, and in nothing that went through it."""
    token = Token("s3cr/et")
    assert "s3cr" not in repr(token) and "s3cr" not in str(vars(token).keys())
    assert token.redact(f"a s3cr/et b s3cr%2Fet c {forms('s3cr/et')[1].decode()}") == "a [token] b [token] c [token]"
    assert Token().redact("nothing to hide") == "nothing to hide"
