"""Does the candidate answer as the control does? Seeded requests to both, compared field by field.

The control is asked by two copies of every request; what differs between its own two answers (times, ids) is masked.
"""

import hashlib
import http.client
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from setpoint.api.spec import USER_AGENT, Http

REQUESTS = 50
LARGEST_ANSWER = 64 * 1024 * 1024
TIMEOUT_SECONDS = 30.0
MOST_HUNG = 2


class NoAnswerError(Exception):
    """There is nothing that the candidate's answers could be compared with."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One response; `status` 0 and the error as body when there was none."""

    status: int
    kind: str
    body: bytes

    @property
    def hung(self) -> bool:
        """Nothing came for all the time that was given."""
        return not self.status and self.body == TimeoutError.__name__.encode()


def compare_answers(spec: Http, control: str, candidate: str, seed: str, requests: int = REQUESTS) -> tuple[str, ...]:
    """Sentences about every way in which the candidate answered differently; empty when alike.

    Every request goes twice to each copy, so that both have the same state behind them at every comparison. Where the
    control gives no answer there is nothing to compare with. Raises NoAnswerError when it hangs, or never answers.
    """
    differences: dict[str, None] = {}
    compared = hung = 0
    for request in seeded(spec, seed, requests):
        ours = ask(control, request), ask(control, request)
        hung += any(answer.hung for answer in ours)
        if hung > MOST_HUNG:
            break
        theirs = ask(candidate, request), ask(candidate, request)
        if all(answer.status for answer in ours):
            compared += 1
            differences |= dict.fromkeys(different(ours, theirs))
    if hung > MOST_HUNG or not compared:
        raise NoAnswerError(f"the unchanged copy gives no answer to {spec.method} {spec.path}, though nothing loads it")
    return tuple(differences)[:10]


def ask(url: str, request: Http) -> Answer:
    """One request, as the load sends it; no redirects followed; a failure is an answer too."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
    try:
        _send(connection, request)
        response = connection.getresponse()
        kind = (response.getheader("Content-Type") or "").split(";")[0].strip().lower()
        return Answer(response.status, kind, response.read(LARGEST_ANSWER))
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, "", type(error).__name__.encode())
    finally:
        connection.close()


def _send(connection: http.client.HTTPConnection, request: Http) -> None:
    """By hand, because the library adds a header that the load generator does not send."""
    body = request.body.encode() if request.body is not None else None
    headers = {"User-Agent": USER_AGENT, **request.headers}
    if body is not None:
        headers["Content-Length"] = str(len(body))
    connection.putrequest(request.method, request.path, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders(body)


def seeded(spec: Http, seed: str, count: int) -> Iterator[Http]:
    """The request as it is, and in turn varied: its body, and the numbers in the path of one that only reads."""
    chance = random.Random(f"{seed}/path")  # noqa: S311 - reproducible requests, not secrets
    for number, body in enumerate(bodies(spec.body, seed, count)):
        path = _other_numbers(spec.path, chance) if number % 2 and spec.method in ("GET", "HEAD") else spec.path
        yield spec.model_copy(update={"path": path, "body": body})


def _other_numbers(path: str, chance: random.Random) -> str:
    """Every number replaced by one that has as many digits; what stands for a character (%20) stays."""

    def other(match: re.Match[str]) -> str:
        return match[0] if match[0].startswith("%") else "".join(chance.choices("123456789", k=len(match[0])))

    return re.sub(r"%[0-9A-Fa-f]{2}|\d+", other, path)


def bodies(body: str | None, seed: str, count: int) -> Iterator[str | None]:
    """The body as it is, and in turn with its JSON values varied by `seed`, so that no canned answer fits."""
    chance = random.Random(seed)  # noqa: S311 - reproducible requests, not secrets
    try:
        parsed = json.loads(body) if body is not None else None
    except ValueError:
        parsed = None
    for number in range(count):
        yield json.dumps(vary(parsed, chance)) if parsed is not None and number % 2 else body


def vary(value: Any, chance: random.Random) -> Any:
    """`value` with its numbers and texts changed, its shape and types kept."""
    if isinstance(value, dict):
        return {key: vary(item, chance) for key, item in value.items()}
    if isinstance(value, list):
        return [vary(item, chance) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return chance.randint(0, 9999)
    if isinstance(value, float):
        return round(chance.uniform(0, 1000), 3)
    letters = list(value)
    chance.shuffle(letters)
    return "".join(letters)


def different(ours: tuple[Answer, Answer], theirs: tuple[Answer, Answer]) -> Iterator[str]:
    """In which ways `theirs` differ from `ours`, beyond what differs among our own two."""
    for place in (0, 1):
        mine, other = ours[place], theirs[place]
        if ours[0].status == ours[1].status and mine.status != other.status:
            yield f"answers status {other.status or 'none'} where the control answers {mine.status or 'none'}"
        elif mine.kind != other.kind and ours[0].kind == ours[1].kind:
            yield f"answers {other.kind or 'no content type'} where the control answers {mine.kind or 'none'}"
        else:
            yield from _fields(fields(mine), fields(other), masked(fields(ours[0]), fields(ours[1])))


def _fields(mine: dict[str, str], other: dict[str, str], mask: set[str]) -> Iterator[str]:
    for field in sorted((mine.keys() | other.keys()) - mask):
        if field not in other:
            yield f"{field} is missing in its answers"
        elif field not in mine:
            yield f"{field} is new in its answers"
        elif mine[field] != other[field]:
            yield f"{field} of its answers differs from the control's"


def masked(first: dict[str, str], second: dict[str, str]) -> set[str]:
    """The fields that differ between two answers of the same code to the same request."""
    return {field for field in first.keys() | second.keys() if first.get(field) != second.get(field)}


def fields(answer: Answer) -> dict[str, str]:
    """The answer by field: every leaf of a JSON body by its path, every line of a text, the whole of anything else."""
    try:
        text = answer.body.decode("utf-8")
    except UnicodeDecodeError:
        return {"the body": hashlib.sha256(answer.body).hexdigest()}
    try:
        return dict(_leaves("body", json.loads(text)))
    except (ValueError, RecursionError):
        return {f"line {number}": line for number, line in enumerate(text.splitlines(), 1)}


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(f"{path}.{key}", item)
    elif isinstance(value, list) and value:
        for place, item in enumerate(value):
            yield from _leaves(f"{path}[{place}]", item)
    else:
        yield path, json.dumps(value)
