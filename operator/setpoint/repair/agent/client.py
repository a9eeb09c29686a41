"""The Messages API through the `anthropic` SDK: one call, and what can go wrong with it.

The SDK is imported here alone. Its own retries are off: it would wait as long as a server asks it to, days included,
and see no budget.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import anthropic
import httpx2

from setpoint.api.errors import BudgetExhausted, ModelFailed
from setpoint.api.gateway import OVER_BUDGET
from setpoint.api.prices import USAGE
from setpoint.repair.agent.credentials import Credentials
from setpoint.repair.quoting import clean

_PASSING = frozenset({408, 409, 429})
_PASSING_TYPES = frozenset({"overloaded_error", "api_error", "rate_limit_error", "timeout_error"})
_CONNECT_SECONDS, _SILENCE_SECONDS = 10.0, 180.0


class BusyError(Exception):
    """The call failed in a way that may pass. `after`: the seconds that the server asks to wait, if it does."""

    def __init__(self, why: str, after: float | None, usage: Mapping[str, int]) -> None:
        self.after, self.usage = after, usage
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer: content blocks as the API gives and takes them, why it stopped, and the tokens used."""

    content: tuple[dict[str, Any], ...]
    stop: str
    usage: Mapping[str, int]
    details: str = ""


class Client:
    """One model at one address."""

    def __init__(self, model: str, who: Credentials) -> None:
        self.model, self._who = model, who
        self._client = anthropic.Anthropic(
            api_key=who.key,
            auth_token=who.fresh_token(),
            base_url=who.base_url,
            max_retries=0,
            timeout=httpx2.Timeout(_SILENCE_SECONDS, connect=_CONNECT_SECONDS),
        )

    def close(self) -> None:
        """Release the connections."""
        self._client.close()

    def ask(self, request: Mapping[str, Any], room: int, alive: Callable[[], None]) -> Answer:
        """One answer of at most `room` tokens; `alive` is called now and then and may raise.

        Raises BusyError when it is worth another try, ModelFailed when not, BudgetExhausted by the gateway's word.
        """
        used: dict[str, int] = {}
        self._client.auth_token = self._who.fresh_token()
        try:
            return self._stream(request, room, alive, used)
        except anthropic.APIStatusError as error:
            raise self._refused(error, used) from error
        except (anthropic.APIConnectionError, httpx2.HTTPError) as error:
            raise BusyError(f"the connection failed: {_words(error)}", None, used) from error
        except (ValueError, LookupError, RuntimeError, TypeError, AttributeError) as error:  # from reading the stream
            raise BusyError(f"the answer is garbled: {_words(error)}", None, used) from error

    def _stream(self, request: Mapping[str, Any], room: int, alive: Callable[[], None], used: dict[str, int]) -> Answer:
        begun = False
        with self._client.messages.stream(model=self.model, max_tokens=room, **request) as stream:
            try:
                for event in stream:
                    begun = begun or event.type == "message_start"
                    alive()
            finally:
                if begun:  # what has come is paid for, also when the rest never comes
                    used.update(_usage(stream.current_message_snapshot))
            if not begun:  # the client asserts that something came
                raise BusyError("the answer broke off before it began", None, used)
            message = stream.get_final_message()
        if message.stop_reason is None:
            raise BusyError("the answer broke off", None, used)
        return Answer(_blocks(message), message.stop_reason, used, _details(message))

    def _refused(self, error: anthropic.APIStatusError, used: Mapping[str, int]) -> Exception:
        """What an answer with an error status, or an error in the middle of an answer, means."""
        status, said = error.status_code, clean(error.api_message or error.message, 300)
        header = error.response.headers
        if error.error_code == OVER_BUDGET:
            return BudgetExhausted(said)
        passing = status in _PASSING or status >= 500 or (status == 200 and error.type in _PASSING_TYPES)
        if passing and header.get("x-should-retry") != "false":
            return BusyError(f"{error.type or status}: {said}", _seconds(header.get("retry-after")), used)
        if status in (401, 403):
            return ModelFailed(f"the model's service refuses the key ({status}): {said}; look at ANTHROPIC_API_KEY")
        if status == 404:
            return ModelFailed(f"there is no model {self.model} ({status}): {said}; write another repair.model")
        return ModelFailed(f"the model's service refuses the request ({status}): {said}")


def _blocks(message: anthropic.types.Message) -> tuple[dict[str, Any], ...]:
    return tuple(_fit_to_send(block.to_dict(mode="json", warnings=False)) for block in message.content)


def _fit_to_send(block: dict[str, Any]) -> dict[str, Any]:
    """The API takes back only objects as a tool's input, whatever the model wrote."""
    return block if isinstance(block.get("input", {}), dict) else {**block, "input": {}}


def _usage(message: anthropic.types.Message) -> dict[str, int]:
    """Tokens by the API's names; of an answer that broke off, an estimate of what came."""
    usage = {name: getattr(message.usage, name, None) or 0 for name in USAGE}
    if message.stop_reason is None:
        usage["output_tokens"] = max(usage["output_tokens"], len(json.dumps(_blocks(message))) // 3)
    return usage


def _details(message: anthropic.types.Message) -> str:
    details = message.stop_details
    return clean(": ".join(filter(None, (details.category, details.explanation))), 500) if details else ""


def _seconds(header: str | None) -> float | None:
    """Seconds in a retry-after header; one with a date counts as absent."""
    try:
        return max(0.0, float(header or ""))
    except ValueError:
        return None


def _words(error: Exception) -> str:
    return clean(str(error) or type(error).__name__, 300)
