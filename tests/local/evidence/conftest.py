"""Real services in real repositories, profiled for real; the load is k6 for a script, else a small one of our own."""

import contextlib
import http.client
import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from urllib.parse import urlsplit

import pytest

from setpoint.api.constraints import Constraints
from setpoint.api.metrics import ErrorsSignal, LatencySignal, LoadPart, Signal
from setpoint.api.ports import DiagnoseOrder, LoadFrame, LoadOrder
from setpoint.api.reasons import Reason, Result
from setpoint.api.remedy import Evidence
from setpoint.api.spec import Http, Load, LocalSpec, LocalTarget
from setpoint.api.verdict import Row, Verdict
from setpoint.forge.source import GitSource
from setpoint.load.k6 import K6Loader
from setpoint.plant.process import ProcessPlant
from setpoint.repair.evidence import Limits, diagnose

QUICK = Limits(warmup=0.5, watch=2.5, settle=0.5, trace=1.5, patience=20.0)


class SystemClock:
    """Time as it is."""

    def now(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class Quiet:
    """Progress that nobody sees."""

    def step(self, text: str) -> None: ...
    def progress(self, text: str, done: float, total: float) -> None: ...


class SmallLoad:
    """One request after the other on each of a few connections; `{n}` in the path is the request's number."""

    def __init__(self, order: LoadOrder) -> None:
        assert order.load.http
        self._http, self._at = order.load.http, urlsplit(order.url).netloc
        self._numbers, self._ended = itertools.count(), threading.Event()
        self._done = self._failed = 0
        self._threads = [threading.Thread(target=self._drive) for _ in range(3)]

    def __enter__(self) -> "SmallLoad":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _drive(self) -> None:
        while not self._ended.wait(len(self._threads) / self._http.rate):
            connection = http.client.HTTPConnection(self._at, timeout=10)
            with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
                path = self._http.path.replace("{n}", str(next(self._numbers)))
                connection.request(self._http.method, path, self._http.body)
                answer = connection.getresponse()
                answer.read()
                self._failed += answer.status >= 400
                self._done += 1

    def frame(self) -> LoadFrame:
        errors = ErrorsSignal(failed=self._failed, total=self._done)
        return LoadFrame(LoadPart(), LatencySignal(), errors, Signal(), finished=self._ended.is_set())

    def stop(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()


class SmallLoader:
    """Starts a SmallLoad (port Loader)."""

    def start(self, order: LoadOrder) -> SmallLoad:
        return SmallLoad(order)


def breach(*names: str) -> Verdict:
    """A verdict in which these rows are breached."""
    rows = tuple(
        Row(
            constraint=name,
            observed=2.0,
            limit=1.0,
            unit="",
            confidence=0.99,
            result=Result.BREACHED,
            reason=Reason.SETPOINT_BREACHED,
            message="",
        )
        for name in names
    )
    return Verdict(result=Result.BREACHED, rows=rows)


def commit_files(folder: Path, files: dict[str, str]) -> None:
    """A repository at `folder` with one commit of `files`."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *command], cwd=folder, check=True)


Profiled = Callable[..., Evidence]


@pytest.fixture
def profiled(tmp_path: Path) -> Profiled:
    """Evidence of a service given as its files: `app.py` is started and answers GET /; `script` is one of them."""

    def run(
        files: dict[str, str],
        *rows: str,
        path: str = "/",
        rate: float = 60.0,
        target: LocalTarget | None = None,
        limits: Limits = QUICK,
        script: str | None = None,
    ) -> Evidence:
        commit_files(tmp_path / "repository", files)
        source = GitSource(tmp_path / "repository")
        target = target or LocalTarget(command=(sys.executable, "app.py"))
        spec = LocalSpec(
            target=target,
            load=Load(script=script) if script else Load(http=Http(path=path, rate=rate)),
            constraints=Constraints.model_validate({"errors": {"budget_percent": 1}}),
        )
        return diagnose(
            DiagnoseOrder(source.resolve(None), breach(*rows)),
            source=source,
            plant=ProcessPlant(target, tmp_path / "logs", owner="evidence-test", ready_timeout=20),
            loader=K6Loader() if script else SmallLoader(),
            spec=spec,
            folder=tmp_path / "evidence",
            clock=SystemClock(),
            tell=Quiet(),
            spec_folder=tmp_path / "repository",
            limits=limits,
        )

    return run
