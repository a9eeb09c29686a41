"""The scripted model itself: the protocol as the real SDK reads it, and what it refuses."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from typing import Any

import anthropic
import pytest

from setpoint.repair.scripted.script import Script
from setpoint.repair.scripted.server import serving

ASK = {"model": "m", "max_tokens": 100, "messages": [{"role": "user", "content": "hello"}]}
RICH = {
    "thinking": "Let me see.",
    "text": "Here it is: " + "é" * 100,
    "tools": [{"name": "read", "input": {"path": "a/b", "lines": [1, 2]}}, {"name": "list"}],
    "usage": {"input": 7, "output": 9, "cache_read": 3, "cache_write": 2},
}


@pytest.fixture
def client():
    """client(*turns): the real SDK, talking to a server with these turns."""
    servers = []

    def connect(*turns: dict[str, Any]) -> anthropic.Anthropic:
        server = serving(Script.model_validate({"turns": turns}))
        url = server.__enter__().url
        servers.append(server)
        return anthropic.Anthropic(api_key="key", base_url=url, max_retries=0)

    yield connect
    for server in servers:
        server.__exit__(None, None, None)


def test_a_stream_and_a_whole_answer_are_the_same_message(client):
    """Text, thinking, tools, stop reason and usage."""
    sdk = client(RICH, RICH)
    with sdk, sdk.messages.stream(**ASK) as stream:
        streamed = stream.get_final_message().to_dict()
        whole = sdk.messages.create(**ASK).to_dict()
    assert [block["type"] for block in whole["content"]] == ["thinking", "text", "tool_use", "tool_use"]
    assert whole["content"][2]["input"] == {"path": "a/b", "lines": [1, 2]}
    assert (whole["stop_reason"], whole["usage"]["cache_read_input_tokens"]) == ("tool_use", 3)
    ids = [block.pop("id") for message in (streamed, whole) for block in message["content"][2:]]
    assert len(set(ids)) == 4
    assert {**streamed, "id": ""} == {**whole, "id": ""}


def test_errors_are_those_that_the_sdk_knows(client):
    """By status and by type, with their headers."""
    sdk = client({"error": {"status": 529, "type": "overloaded_error", "headers": {"retry-after": "7"}}})
    with sdk, pytest.raises(anthropic.APIStatusError) as caught:
        sdk.messages.create(**ASK)
    assert (caught.value.status_code, caught.value.type) == (529, "overloaded_error")
    assert caught.value.response.headers["retry-after"] == "7"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"messages": []}, "at least one message"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "first message must use the user role"),
        ({"messages": [{"role": "user", "content": ""}]}, "non-empty content"),
        ({"messages": [{"role": "system", "content": "x"}]}, "first message"),
        ({"messages": ["x"]}, "not as they should be"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"model": ""}, "model"),
        ({"tools": [{"name": "a"}, {"name": "a"}]}, "unique"),
        ({"tools": [{"name": "a b"}]}, "not a tool's name"),
        ({"system": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}] * 5}, "maximum of 4"),
    ],
)
def test_what_the_real_service_refuses_is_refused(client, change, said):
    """As an invalid request, which uses up no turn."""
    sdk = client({"text": "hello"})
    with sdk:
        with pytest.raises(anthropic.BadRequestError, match=said):
            sdk.messages.create(**{**ASK, **change})
        assert sdk.messages.create(**ASK).content[0].text == "hello"


def test_results_must_be_those_of_the_calls(client):
    """A missing, a foreign and a late one are refused."""
    sdk = client({"text": "hello"})
    call = {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "a", "input": {}}]}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "x"}
    right = [*ASK["messages"], call, {"role": "user", "content": [result]}]
    wrong = ([*right[:2], {"role": "user", "content": "x"}], [*right[:2], {**right[2], "content": [
        {**result, "tool_use_id": "t2"}]}], [right[0], right[2]])  # fmt: skip
    with sdk:
        for messages in wrong:
            with pytest.raises(anthropic.BadRequestError, match="differ"):
                sdk.messages.create(**{**ASK, "messages": messages})
        assert sdk.messages.create(**{**ASK, "messages": right}).content[0].text == "hello"


def test_the_end_of_the_script_is_an_error(client):
    """A test that asks too often fails."""
    sdk = client({"text": "hello", "times": 2})
    with sdk:
        assert sdk.messages.create(**ASK).content[0].text == "hello"
        assert sdk.messages.create(**ASK).content[0].text == "hello"
        with pytest.raises(anthropic.BadRequestError, match="has no turn 3"):
            sdk.messages.create(**ASK)


def post(url: str, body: object, **headers: str) -> tuple[int, dict[str, Any]]:
    """A request without the SDK."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {**headers, "content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_it_starts_as_a_program_and_writes_down_what_was_asked(tmp_path):
    """From a YAML script, until it is ended."""
    script, record = tmp_path / "script.yaml", tmp_path / "asked.jsonl"
    script.write_text("turns:\n  - text: hello\n    usage: {input: 5}\n")
    command = [sys.executable, "-m", "setpoint.repair.scripted", str(script), "--record", str(record)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        url = process.stdout.readline().strip().removeprefix("ANTHROPIC_BASE_URL=")
        messages = f"{url}/v1/messages"
        assert post(messages, ASK)[0] == 401
        assert post(messages, ASK, **{"x-api-key": "k"})[1]["error"]["message"].startswith("anthropic-version")
        assert post(f"{url}/v1/else", ASK, **{"x-api-key": "k"})[0] == 404
        status, answer = post(messages, ASK, **{"x-api-key": "k", "anthropic-version": "2023-06-01"})
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    assert (status, answer["content"], answer["usage"]["input_tokens"]) == (200, [{"type": "text", "text": "hello"}], 5)
    assert [json.loads(line) for line in record.read_text().splitlines()] == [ASK]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("turns: []", "at least one turn"),
        ("turns:\n  - txt: hello", "did you mean text"),
        ("- 1", "begin with turns:"),
    ],
)
def test_a_bad_script_is_one_clear_line(tmp_path, text, said):
    """With its place, and exit code 2."""
    script = tmp_path / "script.yaml"
    script.write_text(text)
    command = [sys.executable, "-m", "setpoint.repair.scripted", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2
    assert said in done.stderr and "script.yaml" in done.stderr and done.stderr.count("\n") == 1
