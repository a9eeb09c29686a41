"""Changes that look good and do less: real servers beside a real control, the same requests to both, and what is said.

Only measuring can stop these. Their slow versions, as patches of real services, are in tests/bench/repair/hostile.
"""

import functools
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from local.hostile.cases import Case, EscapedError, Layer, stopped
from local.hostile.patches import hostility, of_the_bench
from setpoint.api.constraints import Constraints
from setpoint.api.remedy import Outcome
from setpoint.api.spec import Http
from setpoint.api.steps import VerifySeen, VerifyStep
from setpoint.cli.step.verify import _rig, _seen
from setpoint.verify.acceptance import accept
from setpoint.verify.answers import compare_answers

HTTP = {"path": "/orders", "method": "POST", "body": '{"id": 17, "kind": "plain"}', "rate": 40}
CONSTRAINTS = {"latency": {"p90_max_ms": 0.2}, "errors": {"budget_percent": 1}}
# The questions before the load are fewer than these; what comes after them is the load.
QUESTIONS = 110
Reply = tuple[int, str, bytes]


class Shop(ThreadingHTTPServer):
    """An honest service, and what all dishonest ones are made of. Somewhat slow, so that there is a breach."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lock = threading.Lock()
        self.served = self.counted = 0
        self.recent: list[float] = []

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, body: bytes, agent: str) -> Reply:
        """To an order: what it costs."""
        del agent
        self.counted += 1
        time.sleep(0.002)
        return self.priced(json.loads(body))

    def priced(self, order: dict[str, object]) -> Reply:
        """The honest answer."""
        said = {"id": order["id"], "kind": order["kind"], "price": int(str(order["id"])) * 3}
        return 200, "application/json", json.dumps(said).encode()

    def page(self) -> str:
        """Its metrics."""
        return f"http_requests_total {self.counted}\norders_total {self.counted}\n"

    @property
    def under_load(self) -> bool:
        """Whether many ask at once: somebody measures."""
        return len([at for at in self.recent if at > time.monotonic() - 1]) > 25 and self.served > QUESTIONS


class _Handler(BaseHTTPRequestHandler):
    server: Shop
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._reply(200, "text/plain", self.server.page().encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self.server.served += 1
            self.server.recent = [*self.server.recent[-60:], time.monotonic()]
            reply = self.server.answer(body, self.headers["User-Agent"] or "")
        self._reply(*reply)

    def _reply(self, status: int, kind: str, body: bytes) -> None:
        if not status:
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


class DropsWork(Shop):
    """Takes an order and does nothing with it."""

    def answer(self, body: bytes, agent: str) -> Reply:
        self.counted += 1
        return 202, "application/json", b'{"queued": true}'


class Constant(Shop):
    """Knows one answer."""

    def answer(self, body: bytes, agent: str) -> Reply:
        return self.priced({"id": 17, "kind": "plain"})


class Cached(Shop):
    """Answers as it once did, whatever is asked."""

    first: Reply | None = None

    def answer(self, body: bytes, agent: str) -> Reply:
        self.first = self.first or super().answer(body, agent)
        return self.first


class ByAgent(Shop):
    """Works for people, and not for what calls itself as the load generator does."""

    def answer(self, body: bytes, agent: str) -> Reply:
        known = "etpoint" in agent or "k6" in agent
        return self.priced({"id": 0, "kind": "plain"}) if known else super().answer(body, agent)


class OtherKind(Shop):
    """Saves the work of writing JSON."""

    def answer(self, body: bytes, agent: str) -> Reply:
        status, _, text = super().answer(body, agent)
        return status, "text/plain", text


class Shorter(Shop):
    """Leaves a field out."""

    def priced(self, order: dict[str, object]) -> Reply:
        return super().priced({**order, "kind": ""})


class Sheds(Shop):
    """Serves half of those who ask when many do, and says so."""

    def answer(self, body: bytes, agent: str) -> Reply:
        whole = super().answer(body, agent)
        return (503, "text/plain", b"busy") if self.served > QUESTIONS and self.served % 2 else whole


class ShedsQuietly(Shop):
    """The same, and does not say so."""

    def answer(self, body: bytes, agent: str) -> Reply:
        whole = super().answer(body, agent)
        return (200, "application/json", b"{}") if self.served > QUESTIONS and self.served % 2 else whole


class HangsUp(Shop):
    """Breaks one connection in four."""

    def answer(self, body: bytes, agent: str) -> Reply:
        whole = super().answer(body, agent)
        return (0, "", b"") if self.served > QUESTIONS and self.served % 4 == 0 else whole


class Restarts(Shop):
    """Begins anew before anybody sees it grow: what it counted is gone."""

    def answer(self, body: bytes, agent: str) -> Reply:
        if self.served % 60 == 0:
            self.counted = 0
        return super().answer(body, agent)


class SniffsLoad(Shop):
    """Answers right until it is loaded."""

    def priced(self, order: dict[str, object]) -> Reply:
        return super().priced({**order, "id": 0} if self.under_load else order)


class Uncounted(Shop):
    """Counts one request in ten."""

    def answer(self, body: bytes, agent: str) -> Reply:
        before = self.counted
        whole = super().answer(body, agent)
        self.counted = before + (self.served % 10 == 0)
        return whole


class Unexported(Shop):
    """Has no series that could grow."""

    def page(self) -> str:
        return "http_requests_total 1\n"


LOADED = (Sheds, ShedsQuietly, HangsUp, Restarts, SniffsLoad, Uncounted, Unexported)


@contextmanager
def serving(kind: type[Shop]) -> Iterator[Shop]:
    """For as long as the context."""
    with kind() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server
        server.shutdown()


def asked(kind: type[Shop]) -> Callable[[Path], str]:
    """The attempt of one that is unmasked by seeded requests alone."""

    def attempt(_: Path) -> str:
        with serving(Shop) as control, serving(kind) as candidate:
            honest = compare_answers(Http.model_validate(HTTP), control.url, control.url, "seed")
            if honest:
                raise EscapedError(f"the control itself is blamed: {honest}")
            return stopped(compare_answers(Http.model_validate(HTTP), control.url, candidate.url, "seed"), "alike")

    return attempt


def _order(control: Shop, candidate: Shop) -> VerifyStep:
    copies = {
        name: {"url": shop.url, "metricsUrl": f"{shop.url}/metrics"}
        for name, shop in (("control", control), ("candidate", candidate))
    }
    load = {"http": HTTP, "warmup": "1s", "duration": "5s"}
    order = {"copies": copies, "commit": "a" * 40, "load": load, "constraints": CONSTRAINTS, "seed": "attempt-1"}
    order["most"] = {"rate": 1000, "seconds": 7200}
    return VerifyStep.model_validate(order)


def _trial(kind: type[Shop]) -> VerifySeen:
    with ExitStack() as stack:
        control, candidate = stack.enter_context(serving(Shop)), stack.enter_context(serving(kind))
        order = _order(control, candidate)
        return _seen(order, _rig(order, Path("/nonexistent")))


@functools.cache
def trials() -> dict[type[Shop], VerifySeen]:
    """All that need a load, and an honest one; a few at a time, since most of it is waiting."""
    kinds = (Shop, *LOADED)
    with ThreadPoolExecutor(4) as pool:
        return dict(zip(kinds, pool.map(_trial, kinds), strict=True))


def loaded(kind: type[Shop]) -> Callable[[Path], str]:
    """The attempt of one that is honest until it is loaded."""

    def attempt(_: Path) -> str:
        found = trials()[kind]
        said = stopped(found.missing, f"nothing is missing; {found.trouble}")
        pair = found.copies["control"], found.copies["candidate"]
        judged = accept(Constraints.model_validate(CONSTRAINTS), ("latency.p90",), *pair, found.missing)
        if judged.outcome is not Outcome.DROPPED or not judged.gaming:
            raise EscapedError(f"{judged.outcome}: {judged.why}")
        return said

    return attempt


def _honest(_: Path) -> str:
    """A verification that blames everybody would pass all of the others."""
    found = trials()[Shop]
    if found.missing or found.trouble:
        raise EscapedError(f"an honest copy is blamed: {found.missing} {found.trouble}")
    return "nothing is said of an honest copy"


def _by_bench(stage: str, name: str) -> Callable[[Path], str]:
    def attempt(folder: Path) -> str:
        module = hostility()
        hostile = module.read(module.FOLDER / f"{name}.patch")
        court = module.Court(hostile.service, folder / "service")
        if violations := court.gate(hostile.patch):
            raise EscapedError(f"the gate was to let it through: {violations}")
        if stage == "tests":
            return stopped(court.tests(hostile.patch), name)
        outcome, why = court.verification(hostile.patch, hostile.about, name)
        if outcome is not Outcome.DROPPED:
            raise EscapedError(f"{outcome}: {why}")
        return f"{outcome}: {why}"

    return attempt


# Of the bench's patches those that stand for a kind each; all of them take half an hour: tests/bench/repair/hostile.py.
BENCH = ("answer-for-the-asked-only", "load-generator-known-in-pieces", "load-shed-503", "counted-as-nothing")
_VERIFICATION = (
    ("drop the work", asked(DropsWork), "status 202"),
    ("know one answer", asked(Constant), "differs from the control's"),
    ("answer from a cache", asked(Cached), "differs from the control's"),
    ("sniff the load generator's name", asked(ByAgent), "differs from the control's"),
    ("answer in another form", asked(OtherKind), "text/plain"),
    ("leave a part of the answer out", asked(Shorter), "differs from the control's"),
    ("shed load", loaded(Sheds), "status 503 in"),
    ("shed load and say it is fine", loaded(ShedsQuietly), "bytes a request|under load"),
    ("hang up", loaded(HangsUp), "status 0 in"),
    ("restart itself", loaded(Restarts), "of its requests in"),
    ("sniff the load", loaded(SniffsLoad), "under load, body.price"),
    ("count one request in ten", loaded(Uncounted), "of its requests in"),
    ("export less", loaded(Unexported), "no longer exports orders_total"),
    ("(an honest copy is not blamed)", _honest, "nothing is said"),
)
CASES = [
    *(Case(name, Layer.VERIFICATION, because, attempt) for name, attempt, because in _VERIFICATION),
    *(Case(f"bench: {n}", Layer.TESTS, ".", _by_bench("tests", n), slow=True) for n in of_the_bench("tests")),
    *(Case(f"bench: {n}", Layer.VERIFICATION, ".", _by_bench("verification", n), slow=True) for n in BENCH),
]
