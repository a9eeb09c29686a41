"""The Messages protocol: what a request must be, and a turn as one JSON message or as a stream of events."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from setpoint.repair.scripted.script import ToolCall, Turn

Event = tuple[str, dict[str, Any]]
PIECE, MOST_PIECES = 40, 1000  # characters of a text in one event; pieces that a text is cut into
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_MOST_CACHE_MARKS = 4


def fault_of(body: Any) -> str | None:
    """What the real service would refuse in a request, as it says it; None when it is in order."""
    if not isinstance(body, dict):
        return "the body is not a JSON object"
    if not isinstance(body.get("model"), str) or not body["model"]:
        return "model: Field required"
    if not isinstance(body.get("max_tokens"), int) or body["max_tokens"] < 1:
        return "max_tokens: Input should be greater than or equal to 1"
    if json.dumps(body).count('"cache_control":') > _MOST_CACHE_MARKS:
        return f"A maximum of {_MOST_CACHE_MARKS} blocks with cache_control may be provided."
    try:
        return _tools_fault(body.get("tools", [])) or _messages_fault(body.get("messages"))
    except (KeyError, TypeError, AttributeError) as error:
        return f"messages or tools are not as they should be: {error!r}"


def _tools_fault(tools: Any) -> str | None:
    names = [tool.get("name") for tool in tools]
    if len(set(names)) != len(names):
        return "tools: Tool names must be unique."
    bad = next((name for name in names if not _TOOL_NAME.fullmatch(str(name))), None)
    return f"tools: {bad!r} is not a tool's name" if bad else None


def _messages_fault(messages: Any) -> str | None:
    if not isinstance(messages, list) or not messages:
        return "messages: at least one message is required"
    if messages[0]["role"] != "user":
        return "messages: first message must use the user role"
    for number, message in enumerate(messages):
        if message["role"] not in ("user", "assistant"):
            return f"messages.{number}.role: Input should be 'user' or 'assistant'"
        if not message["content"]:
            return f"messages.{number}: all messages must have non-empty content"
        called = _ids(messages[number - 1], "tool_use", "id") if number else set()
        answered = _ids(message, "tool_result", "tool_use_id")
        if called != answered and message["role"] == "user":
            return f"messages.{number}: tool_use ids {sorted(called)} and tool_result ids {sorted(answered)} differ"
    return None


def _ids(message: Mapping[str, Any], kind: str, key: str) -> set[str]:
    content = message["content"] if isinstance(message["content"], list) else []
    return {block[key] for block in content if block["type"] == kind}


def message(turn: Turn, number: int, model: str) -> dict[str, Any]:
    """The whole answer as one JSON object."""
    blocks = [_whole(start, deltas) for start, deltas in _blocks(turn, number)]
    stop = {"stop_reason": turn.stop_reason, "stop_sequence": None, "stop_details": _details(turn)}
    return {**_head(number, model), "content": blocks, **stop, "usage": _usage(turn, turn.usage.output)}


def events(turn: Turn, number: int, model: str) -> Iterator[Event]:
    """The same as a stream of server-sent events."""
    yield "message_start", {"message": {**_head(number, model), "usage": _usage(turn, 1)}}
    yield "ping", {}
    for index, (start, deltas) in enumerate(_blocks(turn, number)):
        yield "content_block_start", {"index": index, "content_block": start}
        for delta in deltas:
            yield "content_block_delta", {"index": index, "delta": delta}
        yield "content_block_stop", {"index": index}
    stop = {"stop_reason": turn.stop_reason, "stop_sequence": None, "stop_details": _details(turn)}
    yield "message_delta", {"delta": stop, "usage": {"output_tokens": turn.usage.output}}
    yield "message_stop", {}


def error_body(kind: str, text: str) -> dict[str, Any]:
    """An error as the service writes it."""
    return {"type": "error", "error": {"type": kind, "message": text}, "request_id": "req_scripted"}


def _head(number: int, model: str) -> dict[str, Any]:
    empty: dict[str, Any] = {"content": [], "stop_reason": None, "stop_sequence": None}
    return {"id": f"msg_scripted_{number}", "type": "message", "role": "assistant", "model": model, **empty}


def _usage(turn: Turn, output: int) -> dict[str, int]:
    return {
        "input_tokens": turn.usage.input,
        "cache_creation_input_tokens": turn.usage.cache_write,
        "cache_read_input_tokens": turn.usage.cache_read,
        "output_tokens": output,
    }


def _details(turn: Turn) -> dict[str, str] | None:
    return {"type": "refusal", **turn.details} if turn.details else None


def _blocks(turn: Turn, number: int) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Each content block: how it starts, and the deltas that fill it."""
    if turn.thinking:
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in _pieces(turn.thinking)]
        signature = {"type": "signature_delta", "signature": "scripted"}
        yield {"type": "thinking", "thinking": "", "signature": ""}, [*deltas, signature]
    if turn.text:
        yield {"type": "text", "text": ""}, [{"type": "text_delta", "text": piece} for piece in _pieces(turn.text)]
    for index, call in enumerate(turn.tools):
        start = {"type": "tool_use", "id": call.id or f"toolu_{number}_{index}", "name": call.name, "input": {}}
        yield start, [{"type": "input_json_delta", "partial_json": piece} for piece in ["", *_pieces(_json(call))]]


def _json(call: ToolCall) -> str:
    return json.dumps(call.input) if call.text is None else call.text


def _pieces(text: str) -> list[str]:
    length = max(PIECE, len(text) // MOST_PIECES)
    return [text[at : at + length] for at in range(0, len(text), length)]


def _whole(start: dict[str, Any], deltas: list[dict[str, Any]]) -> dict[str, Any]:
    """A block with its deltas put in."""
    texts = {"thinking_delta": "thinking", "text_delta": "text", "signature_delta": "signature"}
    block, arguments = dict(start), ""
    for delta in deltas:
        if name := texts.get(delta["type"]):
            block[name] += delta[name]
        else:
            arguments += delta["partial_json"]
    return {**block, "input": json.loads(arguments)} if start["type"] == "tool_use" else block
