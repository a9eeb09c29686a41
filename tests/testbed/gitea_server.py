"""A real Gitea: built from its module, on one port, with SQLite in a temporary folder, never as root.

with GiteaServer() as gitea:
    address = gitea.repository("shop", "checkout", folder)    # a repository whose first commit is that folder
    gitea.bot.token, gitea.writer, gitea.reader, gitea.admin  # people, with tokens
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from testbed.binaries import go_program, required_version
from testbed.places import MODULES, TestbedError

MODULE = "code.gitea.io/gitea"
USER = "nobody"
BOT_SCOPES = ("write:repository", "write:issue", "read:user")
READY_SECONDS = 240
_STATIC = ("options", "public", "templates")
_SETTINGS = """
APP_NAME = Gitea
RUN_USER = {user}
RUN_MODE = prod
WORK_PATH = {folder}
[server]
HTTP_ADDR = {address}
HTTP_PORT = {port}
ROOT_URL = {url}/
STATIC_ROOT_PATH = {folder}/static
OFFLINE_MODE = true
DISABLE_SSH = true
LFS_START_SERVER = false
[database]
DB_TYPE = sqlite3
PATH = {folder}/gitea.db
SQLITE_JOURNAL_MODE = WAL
[security]
INSTALL_LOCK = true
SECRET_KEY = {secret}
INTERNAL_TOKEN = {internal}
PASSWORD_HASH_ALGO = pbkdf2$1$50
[service]
DISABLE_REGISTRATION = true
[repository]
ROOT = {folder}/repositories
DEFAULT_BRANCH = main
[indexer]
ISSUE_INDEXER_TYPE = db
[actions]
ENABLED = false
[cron]
ENABLED = false
[mailer]
ENABLED = false
[log]
MODE = console
LEVEL = Info
"""


@dataclass(frozen=True)
class Person:
    """Somebody with an account."""

    name: str
    password: str
    token: str


def program() -> Path:
    """The folder that holds the program `gitea`; five minutes of building the first time."""
    flags = f"-X main.Version={required_version('gitea', MODULE).lstrip('v')}"
    return go_program("gitea", flags, tags="sqlite sqlite_unlock_notify", cgo=True)


def static_files(into: Path) -> None:
    """Copies what the program reads at run time out of its module."""
    asked = ["go", "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", MODULE]
    found = subprocess.run(asked, cwd=MODULES / "gitea", check=True, capture_output=True, text=True).stdout.strip()
    for name in _STATIC:
        shutil.copytree(Path(found, name), into / name, copy_function=shutil.copyfile)
    for path in (into, *into.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


class GiteaServer:
    """Runs for as long as the context. `url` is its address."""

    def __init__(self, address: str = "127.0.0.1", port: int = 0) -> None:
        self._address, self._port = address, port or _free_port(address)
        self.url = f"http://{address}:{self._port}"
        self._folder = Path(tempfile.mkdtemp(prefix="setpoint-gitea-"))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._prepare()
            self._start()
            self.admin = self._make_admin()
            self.bot = self.person("setpoint-bot", BOT_SCOPES)
            self.writer, self.reader = self.person("writer"), self.person("reader")
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    # ── what tests use ────────────────────────────────────────────────────────────────────────────────────────────

    def ask(self, method: str, path: str, body: Any = None, *, person: Person | None = None) -> Any:
        """What the API answers (default: to the administrator). Raises AssertionError when it refuses."""
        headers = {"Authorization": f"token {(person or self.admin).token}"}
        answer = requests.request(method, f"{self.url}/api/v1{path}", json=body, headers=headers, timeout=30)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None

    def person(self, name: str, scopes: Sequence[str] = ("all",)) -> Person:
        """A new account with a token of these scopes."""
        password = secrets.token_hex(16)
        account = {"username": name, "password": password, "email": f"{name}@example.com"}
        self.ask("POST", "/admin/users", {**account, "must_change_password": False})
        return Person(name, password, self.token(name, password, scopes))

    def token(self, name: str, password: str, scopes: Sequence[str]) -> str:
        """A new token of that account."""
        path, body = f"{self.url}/api/v1/users/{name}/tokens", {"name": secrets.token_hex(4), "scopes": list(scopes)}
        answer = requests.post(path, json=body, auth=(name, password), timeout=30)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["sha1"])

    def repository(self, owner: str, name: str, folder: Path, *, organisation: bool = False) -> str:
        """The address of a new repository, whose only commit holds what is in `folder`.

        The bot and the writer may push to it, the reader may read it. The owner is made when there is none.
        """
        known = requests.get(f"{self.url}/api/v1/users/{owner}", timeout=30).ok
        if not known and organisation:
            self.ask("POST", "/orgs", {"username": owner})
        elif not known:
            self.person(owner)
        make = f"/orgs/{owner}/repos" if organisation else f"/admin/users/{owner}/repos"
        self.ask("POST", make, {"name": name, "default_branch": "main"})
        for person, permission in ((self.bot, "write"), (self.writer, "write"), (self.reader, "read")):
            self.ask("PUT", f"/repos/{owner}/{name}/collaborators/{person.name}", {"permission": permission})
        address = f"{self.url}/{owner}/{name}.git"
        self._push(folder, address)
        deadline = time.monotonic() + READY_SECONDS
        while self.ask("GET", f"/repos/{owner}/{name}")["empty"]:  # Gitea looks at what was pushed a little later
            if time.monotonic() > deadline:
                raise TestbedError(f"Gitea does not notice what was pushed:\n{self.logs()[-3000:]}")
            time.sleep(0.05)
        return address

    def _push(self, folder: Path, address: str) -> None:
        with tempfile.TemporaryDirectory(prefix="setpoint-gitea-") as name:
            copy = Path(name, "copy")
            shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(".git"))
            url = address.replace("://", f"://{self.admin.name}:{self.admin.token}@")
            identity = ("-c", "user.name=A User", "-c", "user.email=user@example.com")
            for command in (
                ("init", "--quiet", "--initial-branch=main"),
                ("add", "--all"),
                (*identity, "commit", "--quiet", "--message", "Begin"),
                ("push", "--quiet", url, "main"),
            ):
                subprocess.run(["git", *command], cwd=copy, check=True, capture_output=True)

    def logs(self) -> str:
        """All that it has said."""
        return (self._folder / "log").read_text(errors="replace")

    # ── its process ───────────────────────────────────────────────────────────────────────────────────────────────

    def _prepare(self) -> None:
        self._folder.chmod(0o755)
        built = program()
        shutil.copy(built / "gitea", self._folder / "gitea")
        static_files(self._folder / "static")
        made = {"secret": secrets.token_hex(32), "internal": secrets.token_hex(32)}
        settings = _SETTINGS.format(
            user=self._user(), folder=self._folder, address=self._address, port=self._port, url=self.url, **made
        )
        (self._folder / "app.ini").write_text(settings)
        if os.getuid() == 0:
            account = pwd.getpwnam(USER)
            for path in (self._folder, self._folder / "app.ini"):
                os.chown(path, account.pw_uid, account.pw_gid)

    def _user(self) -> str:
        return USER if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name

    def _command(self, *arguments: str) -> tuple[list[str], dict[str, Any]]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self._folder),
            "USER": self._user(),
            "GITEA_WORK_DIR": str(self._folder),
        }
        more: dict[str, Any] = {"env": environment, "cwd": self._folder}
        start = []
        if os.getuid() == 0:
            account = pwd.getpwnam(USER)
            start = [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", "--no-new-privs"]
        # The last change of identity would forget whom it ends with, so that comes in one command.
        command = ["setpriv", *start, "--pdeathsig=KILL", "./gitea", "--config", "app.ini", *arguments]
        return command, more

    def _start(self) -> None:
        command, more = self._command("web")
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, **more)
        deadline = time.monotonic() + READY_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise TestbedError(f"Gitea does not start:\n{self.logs()[-3000:]}")
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/api/v1/version", timeout=5).ok
        except requests.RequestException:
            return False

    def _make_admin(self) -> Person:
        password = secrets.token_hex(16)
        given = ("--username=root-admin", f"--password={password}", "--email=admin@example.com")
        command, more = self._command("admin", "user", "create", "--admin", *given, "--must-change-password=false")
        done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
        if done.returncode:
            raise TestbedError(f"Gitea makes no administrator:\n{done.stdout}{done.stderr}")
        return Person("root-admin", password, self.token("root-admin", password, ("all",)))

    def _end(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def _free_port(address: str) -> int:
    with socket.create_server((address, 0)) as listener:
        return int(listener.getsockname()[1])


if __name__ == "__main__":
    print(program())
