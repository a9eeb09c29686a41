"""A client, engine or pool that is made for every request though one would serve them all."""

import ast
from collections.abc import Iterator
from dataclasses import replace

from setpoint.repair.playbook.edits import Candidate, Import, Insert, Pattern
from setpoint.repair.playbook.flow import body_nodes
from setpoint.repair.playbook.mutating import is_changed
from setpoint.repair.playbook.patterns.setup import hoisted
from setpoint.repair.playbook.project import File, Function
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.sight import LEAST_TIME

OFTEN = 0.5  # for each request
# Made to be shared by threads; sqlite3 connections and http.client are not. An executor has threads for one request:
# in a shared one the work of others would wait, and work that waits for more of it for ever.
SHAREABLE = frozenset(
    {
        "requests.Session", "requests.session", "httpx.Client", "httpx.AsyncClient", "urllib3.PoolManager",
        "sqlalchemy.create_engine", "sqlalchemy.ext.asyncio.create_async_engine", "redis.Redis", "redis.from_url",
        "redis.StrictRedis", "pymongo.MongoClient", "boto3.client", "jinja2.Environment",
        "elasticsearch.Elasticsearch", "kafka.KafkaProducer",
    }
)  # fmt: skip

SESSIONS = {  # and where each keeps its cookies
    "requests.Session": "cookies", "requests.session": "cookies",
    "httpx.Client": "cookies.jar", "httpx.AsyncClient": "cookies.jar",
}  # fmt: skip


def find(scene: Scene) -> Iterator[Candidate]:
    """Clients that functions make anew, where the evidence saw it or time is spent."""
    for file in scene.project.files:
        for function in file.functions if file.changeable else ():
            for node in body_nodes(function):
                if isinstance(node, ast.Call) and _is_made_often(scene, file, node):
                    own = _is_closed(file, function, node) or _is_set_up(scene, file, function, node)
                    jar = SESSIONS.get(scene.symbols.dotted(file, node.func), "")
                    for one in () if own else hoisted(scene, file, function, node):
                        yield _without_cookies(one, jar) if jar else one


def _is_made_often(scene: Scene, file: File, node: ast.Call) -> bool:
    if scene.symbols.dotted(file, node.func) not in SHAREABLE:
        return False
    seen = (one for one in scene.evidence.opened if scene.sight.lies_in(one.site, file, node))
    return any(one.per_request >= OFTEN for one in seen) or scene.sight.time(file, node) >= LEAST_TIME


def _is_closed(file: File, function: Function, node: ast.Call) -> bool:
    """Whether the function closes it, and would close it for all."""
    match file.parents[node]:
        case ast.withitem():
            return True
        case ast.Assign(targets=[ast.Name(id=name)]):
            return any(_closes(inner, name) for inner in body_nodes(function))
    return False


def _is_set_up(scene: Scene, file: File, function: Function, node: ast.Call) -> bool:
    """Whether the function sets something on it, or asks a session twice: what one left, the next would find.

    Sessions keep cookies, so that a log-in holds for the calls after it: it would hold for all users.
    """
    match file.parents[node]:
        case ast.Assign(targets=[ast.Name(id=name)]):
            uses = [use for use in ast.walk(function) if isinstance(use, ast.Name) and use.id == name]
            asked = [file.parents[use] for use in uses if isinstance(use.ctx, ast.Load)]
            twice = len(asked) > 1 and scene.symbols.dotted(file, node.func) in SESSIONS
            sets = any(isinstance(part, ast.Attribute) and not _is_called(file, part) for part in asked)
            return twice or sets or is_changed(scene, file, node)
    return False


def _is_called(file: File, part: ast.Attribute) -> bool:
    call = file.parents[part]
    return isinstance(call, ast.Call) and call.func is part


def _without_cookies(candidate: Candidate, jar: str) -> Candidate:
    """What a server sets for one user must not go out with the request of another."""
    first, *rest = candidate.changes
    if not isinstance(first, Insert) or " = " not in first.code:
        return candidate
    name = first.code.partition(" = ")[0]
    code = f"{first.code}\n{name}.{jar}.set_policy(DefaultCookiePolicy(allowed_domains=[]))"
    import_policy = Import(first.path, "http.cookiejar", "DefaultCookiePolicy")
    return replace(candidate, changes=(import_policy, Insert(first.path, first.beside, code, first.after), *rest))


def _closes(node: ast.AST, name: str) -> bool:
    match node:
        case ast.withitem(context_expr=ast.Name(id=held)):
            return held == name
        case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr="close" | "aclose" | "dispose" | "shutdown")):
            return owner == name
    return False


PATTERN = Pattern(
    name="client-per-request",
    applies="A function makes a client, engine or pool that threads may share, with nothing of the request in it.",
    breaks="Settings that one request makes on the client now hold for all of them.",
    prior={"latency": 1.0, "cpu": 0.9, "throughput": 0.9, "memory": 0.8, "heap": 0.8, "errors": 0.9, "custom": 0.4},
    find=find,
)
