"""What of a request to the Messages API is let through: a conversation in text, with tools that the caller runs itself.

All else could cost more than was reserved (other models, tiers, speeds), or have the model's service fetch or run
something (its own tools, addresses of images), which is a way out for whatever the caller has read. Pure.
"""

from collections.abc import Iterable, Mapping
from typing import Any

MOST_ANSWER = 64_000  # tokens
_ENTRIES = frozenset(
    [
        "model",
        "max_tokens",
        "messages",
        "system",
        "tools",
        "tool_choice",
        "stream",
        "temperature",
        "top_p",
        "top_k",
        "stop_sequences",
        "thinking",
    ]
)
_BLOCKS = frozenset(["text", "tool_use", "tool_result", "thinking", "redacted_thinking"])


def fault_of(body: Any, model: str) -> str:
    """Why a request for `model` is not let through, in words; empty: it is."""
    if not isinstance(body, dict):
        return "the body is not a JSON object"
    if unknown := sorted(set(body) - _ENTRIES):
        return f"{_shown(unknown[0])}: the gateway lets this entry not through; it knows {', '.join(sorted(_ENTRIES))}"
    if body.get("model") != model:
        return f"model: the gateway lets only {model} through, which is what the constraint's repair.model says"
    room = body.get("max_tokens")
    if type(room) is not int or not 1 <= room <= MOST_ANSWER:
        return f"max_tokens: the gateway wants a whole number from 1 to {MOST_ANSWER}"
    if type(body.get("stream", False)) is not bool:
        return "stream: the gateway wants true or false"
    return _tools_fault(body.get("tools", [])) or _conversation_fault(body.get("system", []), body.get("messages"))


def _tools_fault(tools: Any) -> str:
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        return "tools: the gateway wants a list of objects"
    if any(tool.get("type", "custom") != "custom" for tool in tools):
        return "tools: the gateway lets only tools through that the caller runs itself, without a type"
    return next((fault for tool in tools if (fault := _cache_fault(tool))), "")


def _conversation_fault(system: Any, messages: Any) -> str:
    if not isinstance(messages, list) or not all(isinstance(one, dict) for one in messages):
        return "messages: the gateway wants a list of objects"
    said = [system, *(one.get("content") for one in messages)]
    return next((fault for content in said if (fault := _content_fault(content, _BLOCKS))), "")


def _content_fault(content: Any, known: Iterable[str]) -> str:
    if isinstance(content, str):
        return ""
    if not isinstance(content, list) or not all(isinstance(block, dict) for block in content):
        return "messages: the gateway wants content as a text or a list of blocks"
    for block in content:
        if block.get("type") not in known:
            return f"messages: the gateway lets no block of type {_shown(block.get('type'))} through"
        inner = block.get("content", "") if block["type"] == "tool_result" else ""
        if fault := _cache_fault(block) or _content_fault(inner, ("text",)):
            return fault
    return ""


def _cache_fault(block: Mapping[str, Any]) -> str:
    mark = block.get("cache_control")
    if mark is None or (isinstance(mark, dict) and mark.get("ttl", "5m") == "5m"):
        return ""
    return "cache_control: the gateway lets only the cache of five minutes through; longer ones cost more"


def _shown(value: Any) -> str:
    return ascii(value)[:60]
