"""Does the candidate still answer alike amid the load? A patch can behave until it is asked often enough."""

import threading
from types import TracebackType
from typing import Self

from setpoint.api.spec import Http, Load
from setpoint.verify.answers import TIMEOUT_SECONDS, Answer, NoAnswerError, ask, different, seeded

REQUESTS = 8


class AskedAgain:
    """Within its context the candidate gets seeded requests, spread over the load after its warm-up.

    The control may be slow or saturated then, so it is asked before and after: what it answers alike both times does
    not depend on the state behind it, and there the candidate has to answer the same. Only for generated loads.
    """

    def __init__(self, load: Load, control: str, candidate: str, seed: str) -> None:
        self._load, self._control, self._candidate = load, control, candidate
        self._requests = tuple(seeded(load.http, seed, REQUESTS)) if load.http else ()
        self._before: tuple[Answer, ...] = ()
        self._under_load: list[tuple[Http, Answer, Answer]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask_under_load, name="asked-again", daemon=True)

    def __enter__(self) -> Self:
        self._before = tuple(ask(self._control, request) for request in self._requests)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        if error is None:  # whoever is interrupted does not wait for the candidate's last answer
            self._thread.join(TIMEOUT_SECONDS)

    def differences(self) -> tuple[str, ...]:
        """Sentences about what differed under load; to be called when the load is over.

        Raises NoAnswerError when the control hangs.
        """
        found: dict[str, None] = {}
        for request, before, theirs in self._under_load:
            after = ask(self._control, request)
            if after.hung:
                raise NoAnswerError("the unchanged copy gives no answer any more after the load")
            if before.status != after.status or before.kind != after.kind or not before.status:
                continue  # the control itself does not answer alike
            for sentence in different((before, after), (theirs, theirs)):
                found.setdefault(f"under load, {sentence}")
        return tuple(found)

    def _ask_under_load(self) -> None:
        pause = self._load.duration / (REQUESTS + 1)
        self._over.wait(self._load.warmup)
        for request, before in zip(self._requests, self._before, strict=True):
            if self._over.wait(pause):
                return
            self._under_load.append((request, before, ask(self._candidate, request)))
