"""What the tests of the whole loop share: the demo service in a repository of its own, and `setpoint` as users call it.

The constraints are the demo's, with large events and a limit that is reached in seconds.
"""

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

DEMO = Path(__file__).parents[3] / "manifests" / "demo"
SETPOINT = Path(sys.executable).with_name("setpoint")
FILE = "performance-constraints.yaml"
ITEMS = [{"sku": f"TEA-{number:04}", "quantity": number % 7, "price": number + 0.5} for number in range(200)]
# Unchanged, the service needs some 17 MB, 4 MB more with each second of the load; in steps that no noise makes.
FAST: dict[str, Any] = {
    "load": {
        "http": {"method": "POST", "path": "/events", "rate": 60, "headers": {"Content-Type": "application/json"}}
        | {"body": json.dumps({"kind": "order.placed", "items": ITEMS})},
        "warmup": "1s",
        "duration": "5s",
    },
    "constraints": {"memory": {"max_mb": 26}, "errors": {"budget_percent": 5}},
}
PATIENCE_SECONDS = 120
QUICKLY_SECONDS = 8  # a copy may take three seconds to end, and the machine may be busy


def git(folder: Path, *words: str) -> str:
    """What git prints, with nothing of the machine's configuration."""
    who = {f"GIT_{role}_{part}": "user@example.com" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_OPTIONAL_LOCKS": "0"}
    done = subprocess.run(
        ["git", *words], cwd=folder, env=os.environ | who | quiet, capture_output=True, text=True, check=True
    )
    return done.stdout.rstrip("\n")


@dataclass
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str
    seconds: float


class Running:
    """`setpoint` as a process that leads its own process group, as a shell starts it."""

    def __init__(self, words: tuple[str | Path, ...], folder: Path, output: Path, environment: dict[str, str]) -> None:
        self.out, self.err = output.with_suffix(".out"), output.with_suffix(".err")
        self.began = time.monotonic()
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(
                [SETPOINT, *words],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
                # A shell lets what it starts in the background ignore Ctrl-C, and these tests may be started there.
                preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
            )

    def wait_for(self, seen: str | Callable[[], object]) -> None:
        """Wait for a text on standard error, or for something else to be true."""
        while not (seen in self.err.read_text() if isinstance(seen, str) else seen()):
            assert self.process.poll() is None, f"ended before {seen!r}:\n{self.err.read_text()}"
            assert time.monotonic() < self.began + PATIENCE_SECONDS, f"no {seen!r}:\n{self.err.read_text()}"
            time.sleep(0.02)

    def signal_group(self, number: signal.Signals) -> None:
        """As a terminal does on Ctrl-C: to the command and all that is in its process group."""
        os.killpg(self.process.pid, number)

    def end(self) -> Said:
        """Wait for the end."""
        asked = time.monotonic()
        code = self.process.wait(timeout=PATIENCE_SECONDS)
        now = time.monotonic()
        return Said(code, self.out.read_text(), self.err.read_text(), now - asked)

    def ends_in_good_order(self, service: "Service") -> None:
        """Within seconds of having been asked to, with one line, and leaving nothing behind."""
        said = self.end()
        assert (said.code, said.out) == (130, ""), said.err
        assert said.err.splitlines()[-1] == "setpoint: interrupted"
        assert said.seconds < QUICKLY_SECONDS
        assert service.leftovers() == {}


@dataclass(frozen=True)
class Process:
    """What /proc tells of a process; `environment` has the entries NAME=value."""

    command: str
    environment: frozenset[str]


@dataclass
class Service:
    """The demo service in the folder `below` of the git repository `top`."""

    top: Path
    below: str = ""
    outputs: list[Path] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """Where the service and its constraints are, and the commands are called."""
        return self.top / self.below

    @property
    def temporary(self) -> Path:
        """The folder for temporary files that commands are given."""
        return self.top.parent / "temporary"

    def load(self, **changes: Any) -> dict[str, Any]:
        """The usual load, with entries changed."""
        return FAST["load"] | changes

    def write(self, **changes: Any) -> None:
        """Write the constraints file, with entries of its top level changed."""
        spec = yaml.safe_load((DEMO / FILE).read_text()) | FAST | changes
        (self.folder / FILE).write_text(yaml.safe_dump({key: value for key, value in spec.items() if value}))

    def commit(self) -> str:
        """Commit everything; the commit's id."""
        git(self.top, "add", ".")
        git(self.top, "commit", "--quiet", "--allow-empty", "--message", "the service")
        return git(self.top, "rev-parse", "HEAD")

    def start(self, *words: str | Path, folder: Path | None = None, **environment: str) -> Running:
        """Start `setpoint WORDS` in the service's folder."""
        output = self.top.parent / f"said-{len(self.outputs)}"
        self.outputs.append(output)
        whole = os.environ | {"TMPDIR": str(self.temporary)} | environment
        return Running(words, folder or self.folder, output, whole)

    def call(self, *words: str | Path, folder: Path | None = None, **environment: str) -> Said:
        """Run `setpoint WORDS` to its end."""
        return self.start(*words, folder=folder, **environment).end()

    def run_folder(self) -> Path:
        """The folder of the only run."""
        (record,) = (self.folder / ".setpoint" / "runs").glob("*/record.json")
        return record.parent

    def record(self) -> dict[str, Any]:
        """The record of the only run."""
        return json.loads((self.run_folder() / "record.json").read_text())

    def branches(self) -> list[str]:
        """Branches that were made by Setpoint."""
        return git(self.top, "for-each-ref", "--format=%(refname:short)", "refs/heads/setpoint").splitlines()

    def processes(self) -> dict[int, Process]:
        """The living processes that work for a run here, by pid; the command itself is not among them."""
        owners = {f"SETPOINT_OWNER={run.name}" for run in (self.folder / ".setpoint" / "runs").glob("*")}
        found = {int(entry.name): _process(entry) for entry in Path("/proc").iterdir() if entry.name.isdecimal()}
        return {pid: process for pid, process in found.items() if process and owners & process.environment}

    def end_all(self) -> None:
        """End what a failed test may have left running."""
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def git(self, *words: str) -> str:
        """What git prints at the repository's top."""
        return git(self.top, *words)

    def state(self) -> dict[str, str]:
        """All that belongs to the user: files, index, branches, worktrees, configuration."""
        inside = {".git", ".setpoint"}
        files = [path for path in self.top.rglob("*") if path.is_file()]
        names = {str(path.relative_to(self.top)): path for path in files}
        state = {name: _digest(path) for name, path in names.items() if not inside & set(Path(name).parts)}
        state |= {name: _digest(self.top / ".git" / name) for name in ("HEAD", "index", "config")}
        for words in (("status", "--porcelain"), ("worktree", "list"), ("stash", "list"), ("diff", "--cached")):
            state[" ".join(words)] = self.git(*words)
        refs = self.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return state | {"refs": "\n".join(ref for ref in refs if not ref.startswith("refs/heads/setpoint/"))}

    def leftovers(self) -> dict[str, object]:
        """Everything that a run must not leave behind: processes, trees, temporary files. Empty when all is well."""
        runs = self.folder / ".setpoint" / "runs"
        homes = list(runs.glob("*/logs/*-home-*"))
        found = {"processes": self.processes(), "trees": list(runs.glob("*/scratch")), "homes": homes}
        return {what: some for what, some in (found | {"temporary": list(self.temporary.iterdir())}).items() if some}


def _process(entry: Path) -> Process | None:
    try:
        ended = (entry / "stat").read_text().rpartition(")")[2].split()[0] in "ZX"
        command, environment = ((entry / name).read_text(errors="replace") for name in ("cmdline", "environ"))
    except OSError:
        return None  # it ended since it was listed, or is not ours to see
    return None if ended else Process(command.replace("\0", " "), frozenset(environment.split("\0")))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def make_service(folder: Path, below: str = "", **changes: Any) -> Service:
    """The demo service, committed on the branch main, in the new folder `folder`."""
    service = Service(folder / "repository", below)
    service.folder.mkdir(parents=True)
    service.temporary.mkdir()
    for file in DEMO.glob("*.py"):
        (service.folder / file.name).write_bytes(file.read_bytes())
    (service.top / ".gitignore").write_text("__pycache__/\n")
    git(service.top, "init", "--quiet", "--template=", "--initial-branch=main")
    service.write(**changes)
    service.commit()
    return service


@pytest.fixture(scope="session")
def new_service() -> Callable[..., Service]:
    """Makes services: new_service(folder, below, entries of the constraints file…)."""
    return make_service


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """The demo service at the top of a repository; whatever a test did, no load of it goes on."""
    made = make_service(tmp_path)
    yield made
    made.end_all()


@pytest.fixture
def nested(tmp_path: Path) -> Iterator[Service]:
    """The demo service in a folder of a larger repository, with spaces in the way to it."""
    made = make_service(tmp_path / "my projects", "all services/events")
    (made.top / "README").write_text("Several services.\n")
    made.commit()
    yield made
    made.end_all()
