"""The loop: ask the model, run the tools that it calls, tell it what came of them, until it hands in its change."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from setpoint.api.errors import BudgetExhausted, ModelFailed
from setpoint.api.ports import Tell
from setpoint.repair.agent.client import Answer, BusyError, Client
from setpoint.repair.agent.kit import Kit
from setpoint.repair.agent.limits import Meter
from setpoint.repair.agent.tools import Finish, Outcome, Toolbox
from setpoint.repair.agent.trace import Trace
from setpoint.repair.brief import Brief
from setpoint.repair.quoting import clean

REMINDERS = 2
LAST_TURNS = 3
_CACHED = {"cache_control": {"type": "ephemeral"}}
_GO_ON = "Go on, in shorter steps: your answer was cut off because it was too long."
_FINISH = "Nobody reads this but you. Call a tool: finish, when you are done or when no change can help."


class RefusalError(Exception):
    """The model refuses the task."""


@dataclass(slots=True)
class Loop:
    """One conversation. Everything said in it is in the trace before the next thing happens."""

    client: Client
    brief: Brief
    kit: Kit
    meter: Meter
    trace: Trace
    tell: Tell
    messages: list[dict[str, Any]] = field(default_factory=list)
    reminders: int = 0

    def run(self) -> Finish:
        """The model's last word. Raises BudgetExhausted, ModelFailed, RefusalError."""
        toolbox = self.kit.toolbox()
        fixed = {"system": [_text(self.brief.rules, **_CACHED)], "tools": toolbox.definitions()}
        self.trace.write("begin", model=self.client.model, **fixed)
        self._say("user", [_text(self.brief.task, **_CACHED)])
        while self.kit.finished is None:
            self._take(self._ask(fixed), toolbox)
        return self.kit.finished

    def _take(self, answer: Answer, toolbox: Toolbox) -> None:
        """Do what the answer asks for, and say what came of it."""
        if answer.content:
            self._say("assistant", list(answer.content))
        if answer.stop == "refusal":
            raise RefusalError(answer.details)
        if answer.stop == "model_context_window_exceeded":
            raise BudgetExhausted("the conversation outgrew what the model can hold; narrow repair.source.paths")
        calls = [block for block in answer.content if block["type"] == "tool_use"]
        if results := [_result(call, self._run(call, answer, toolbox)) for call in calls]:
            self._say("user", [*results, *self._warning()])
        elif answer.stop == "max_tokens":
            self._say("user", [_text(_GO_ON)])
        elif answer.stop != "pause_turn":  # a pause is over when we ask again
            self._remind(answer)

    def _ask(self, fixed: Mapping[str, Any]) -> Answer:
        """The next answer; what failed and may pass is tried again, within the limits."""
        request = {**fixed, "messages": _with_cache_mark(self.messages)}
        size = len(json.dumps(request))
        for pause in self._pauses():
            room = self.meter.room(size)
            self.trace.write("asked", room=room, reserved_usd=self.meter.reserve(size, room))
            try:
                answer = self.client.ask(request, room, self.meter.in_time)
            except BusyError as busy:
                self.trace.write("failed", why=str(busy), usage=busy.usage, usd=self.meter.count(busy.usage))
                self._wait(busy, pause)
            else:
                self.meter.turns += 1
                cost = self.meter.count(answer.usage)
                self.trace.write("answered", stop=answer.stop, usage=answer.usage, usd=cost, details=answer.details)
                return answer
        raise AssertionError("the last pause raises")

    def _pauses(self) -> Iterator[float | None]:
        """Seconds before the next try, twice as long each time; None: there is no next try."""
        limits = self.meter.limits
        yield from (limits.pause * 2**number for number in range(limits.retries))
        yield None

    def _wait(self, busy: BusyError, pause: float | None) -> None:
        if pause is None:
            raise ModelFailed(f"the model does not answer, also not when asked again: {busy}") from busy
        seconds = pause if busy.after is None else busy.after
        if seconds > min(self.meter.limits.longest_pause, self.meter.left()):
            raise ModelFailed(f"the model is not available for another {seconds:.0f} s: {busy}") from busy
        self.tell.step(f"model: {' '.join(str(busy).split())}; asked again in {seconds:g} s")
        time.sleep(seconds)

    def _run(self, call: Mapping[str, Any], answer: Answer, toolbox: Toolbox) -> Outcome:
        if answer.stop == "max_tokens" and call is answer.content[-1]:
            return Outcome("this call was cut off because the answer was too long; do it in smaller steps", failed=True)
        self.meter.in_time()  # an answer may call for more than there is time for
        self.tell.step(f"model, turn {self.meter.turns}: {_about(call['name'], call['input'])}")
        return toolbox.call(call["name"], call["input"])

    def _remind(self, answer: Answer) -> None:
        self.reminders += 1
        if self.reminders > REMINDERS:
            self.kit.finished = _taken_as_said(answer)
        else:
            self._say("user", [_text(_FINISH)])

    def _warning(self) -> list[dict[str, Any]]:
        left = self.meter.limits.turns - self.meter.turns
        return [_text(f"{left} turns are left: finish now.")] if left <= LAST_TURNS else []

    def _say(self, role: str, content: list[dict[str, Any]]) -> None:
        self.messages.append({"role": role, "content": content})
        self.trace.write("message", role=role, content=content)


def _text(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": text, **more}


def _result(call: Mapping[str, Any], outcome: Outcome) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": call["id"], "content": outcome.text, "is_error": outcome.failed}


def _with_cache_mark(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages, the last of them marked: all before it is read from the cache in the next turn."""
    *before, last = messages
    if last["role"] != "user":
        return messages
    *blocks, end = last["content"]
    return [*before, {**last, "content": [*blocks, {**end, **_CACHED}]}]


def _about(name: str, arguments: Mapping[str, Any]) -> str:
    """A call in a few words, fit for a terminal."""
    return " ".join(clean(f"{name} {arguments.get('path', '')}", 80).split())


def _taken_as_said(answer: Answer) -> Finish:
    """A model that does not call finish, though reminded: what it said stands for its account."""
    said = "\n".join(str(block["text"]) for block in answer.content if block["type"] == "text").strip()
    first = said.splitlines()[0] if said else "Change what the evidence points at"
    return Finish(title=first[:70], cause="not told", explanation=said or "not told")
