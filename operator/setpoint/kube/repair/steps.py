"""A slow thing as a Job: the order in a ConfigMap, the result kept in another one before the Job goes.

`advance` is called in every visit with the same key and order: it creates what is not there, and takes what has ended.
It may be killed anywhere: names are deterministic, and what is found is adopted if it is ours.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from setpoint.api.errors import ForgeBusy
from setpoint.api.ports import Progress
from setpoint.api.step_result import parse_ending, parse_result
from setpoint.kube.cluster import path_of
from setpoint.kube.load_state import pod_of
from setpoint.kube.names import belongs_to
from setpoint.kube.refusals import ClusterFailed
from setpoint.kube.repair.desk import Desk, Keeper, KeptStep
from setpoint.kube.repair.pods import MAIN, Object, Work, job_name, job_of, order_name, order_of
from setpoint.kube.repair.standing import Ended, how_it_ended

Order = TypeVar("Order")
Value = TypeVar("Value")
# A pod that went without a word (its node died, it was evicted) is tried again so often; a busy forge for half an hour.
MOST_TRIES, MOST_BUSY = 3, 12
_ENDED_FROM_OUTSIDE = KeyboardInterrupt.__name__  # what a step leaves that got SIGTERM
FIRST_WAIT_SECONDS, MOST_WAIT_SECONDS = 15.0, 300.0
LOG_LINES, LARGEST_LOG = 200, 8 * 2**20


def at_once(start: Callable[[], None]) -> str:
    """How a step begins that waits for nothing."""
    start()
    return ""


def nothing(key: str) -> None:
    """What is to be taken back of a step that was given nothing."""


class JobStep(Generic[Order, Value]):
    """The port `Slow`. `build` makes the pod of an order, `read` the value of a result (a SetpointError: none).

    `result_of` is for containers that run other people's code: their exit is a result, their words are none.
    `begin` starts the step, or says what it has to wait for; `waits` is what it said. `after` takes back what `build`
    gave the step of that key, also when it is to be tried again.
    """

    def __init__(
        self,
        desk: Desk,
        build: Callable[[str, Order], Work],
        read: Callable[[dict[str, Any]], Value],
        result_of: Callable[[Ended], dict[str, Any] | None] | None = None,
        begin: Callable[[Callable[[], None]], str] = at_once,
        after: Callable[[str], None] = nothing,
    ) -> None:
        self._desk, self._build, self._result_of, self._begin = desk, build, result_of, begin
        self._after = after
        self.waits = ""
        self.kept: Keeper[Value] = Keeper(desk, read)
        self.wait = 30.0

    # ── the port ──

    def ensure(self, key: str, order: Order) -> None:
        """Begin, or go on."""
        self.advance(key, order)

    def state(self, key: str) -> Progress[Value]:
        """How it stands."""
        return self.kept.state(key)

    def stop(self, key: str) -> None:
        """End its pod."""
        self._remove(key)

    # ── between looks ──

    def advance(self, key: str, order: Order) -> None:
        """Bring it on by as much as there is."""
        self.kept.begun.add(key)
        kept = self.kept.find(key) or KeptStep()
        if kept.final:  # what it ran in is there still if we died right after that was written down
            self._remove(key)
            return
        if kept.again_at > self._desk.now:
            self.wait = kept.again_at - self._desk.now
            return
        job = self._desk.cluster.find(self._path("jobs", job_name(key)))
        if job is None:
            self.waits = self._begin(lambda: self._start(key, order))
            return
        if not belongs_to(job, self._desk.ground.owner["uid"]):
            raise ClusterFailed(f"the Job {job_name(key)} is not ours; delete it, its name is needed")
        if job["metadata"].get("deletionTimestamp"):
            self.wait = 1.0
            return
        self._look(key, kept, job)

    def begun(self, key: str) -> bool:
        """Whether there is anything of it: a result, or what it runs in."""
        return self.kept.find(key) is not None or self._desk.cluster.find(self._path("jobs", job_name(key))) is not None

    def under_way(self, key: str) -> bool:
        """Whether it runs, or ran to its end; not while it waits to be tried again."""
        kept = self.kept.find(key)
        return bool(kept and kept.final) or self._desk.cluster.find(self._path("jobs", job_name(key))) is not None

    def _keep(self, key: str, kept: KeptStep) -> None:
        """Write down how it ended, then remove what it ran in."""
        self.kept.keep(key, kept)
        self._remove(key)

    def _start(self, key: str, order: Order) -> None:
        try:
            work = self._build(key, order)
            self._desk.create(self._path("configmaps"), order_of(self._desk.ground, key, work.files))
            self._desk.create(self._path("jobs"), job_of(self._desk.ground, key, work))
        except ClusterFailed as error:
            if error.passing:
                raise
            self._keep(key, KeptStep(error="ClusterFailed", message=str(error)))

    def _look(self, key: str, kept: KeptStep, job: Object) -> None:
        labels = f"batch.kubernetes.io/job-name={job_name(key)}"
        pod = pod_of(self._desk.cluster.list(self._path("pods"), labels=labels), job)
        patience = self._desk.ground.configuration.runner.start_within
        ended = how_it_ended(job, pod, self._desk.now, patience)
        if ended is None:
            self.wait = 10.0
            return
        if pod is not None and ended.code is not None:
            ended = ended.with_log(self._log(pod))
        self._keep(key, self._settled(kept, ended))

    def _settled(self, kept: KeptStep, ended: Ended) -> KeptStep:
        if self._result_of is not None:
            return self._of_exit(kept, ended, self._result_of(ended))
        ending = parse_ending(ended.message)
        if ending and ending.digest:
            result = parse_result(ended.log, ending.digest)
            if result is not None:
                return KeptStep(result=result, tries=kept.tries)
        elif ending and ending.error and ending.error != _ENDED_FROM_OUTSIDE:
            if ending.error == ForgeBusy.__name__ and kept.tries < MOST_BUSY:
                return self._again(kept, ending.retry_after or 0.0)
            return KeptStep(error=ending.error, message=ending.message)
        return self._of_exit(kept, ended, None)

    def _of_exit(self, kept: KeptStep, ended: Ended, result: dict[str, Any] | None) -> KeptStep:
        if result is not None:
            return KeptStep(result=result, tries=kept.tries)
        if (ended.lost or _ENDED_FROM_OUTSIDE in ended.message) and kept.tries < MOST_TRIES:
            return self._again(kept, 0.0)
        return KeptStep(error=ended.error or "StepFailed", message=ended.why)

    def _again(self, kept: KeptStep, asked: float) -> KeptStep:
        wait = min(FIRST_WAIT_SECONDS * 2**kept.tries, MOST_WAIT_SECONDS)
        return KeptStep(tries=kept.tries + 1, again_at=self._desk.now + max(wait, asked))

    def _log(self, pod: Object) -> str:
        query = {"container": MAIN, "tailLines": str(LOG_LINES), "limitBytes": str(LARGEST_LOG)}
        return self._desk.cluster.text(f"{self._path('pods', pod['metadata']['name'])}/log", query)

    def _remove(self, key: str) -> None:
        self._after(key)
        self._desk.cluster.delete(self._path("jobs", job_name(key)))
        self._desk.cluster.delete(self._path("configmaps", order_name(key)))

    def _path(self, plural: str, name: str | None = None) -> str:
        return path_of("batch/v1" if plural == "jobs" else "v1", plural, self._desk.namespace, name)
