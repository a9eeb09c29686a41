"""A call in an async function that holds up the event loop."""

import ast
import re
from collections.abc import Iterator

from setpoint.repair.playbook.edits import Candidate, Change, Import, Pattern, Replace
from setpoint.repair.playbook.flow import body_nodes
from setpoint.repair.playbook.locking import is_lock
from setpoint.repair.playbook.project import FUNCTIONS, File, Function
from setpoint.repair.playbook.racing import opens_race
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.sharing import is_safe_in_thread

LEAST_TIME = 0.1
BLOCKS = (
    "time.sleep", "requests.", "urllib.request.", "subprocess.", "socket.", "shutil.", "hashlib.pbkdf2_hmac",
    "hashlib.scrypt", "http.client.", "smtplib.", "ftplib.", "os.system", "os.walk", "zipfile.", "tarfile.",
)  # fmt: skip
BOUND = re.compile(r"\.(execute|query|scalars?|commit|fetch(one|all))\(")
BOUND_TO_THREAD = ("sqlite3.", "threading.local")  # what one thread opened another may not use


def find(scene: Scene) -> Iterator[Candidate]:
    """Calls in async functions under which the event loop was held up."""
    for file in scene.project.files:
        for function in file.functions if file.changeable else ():
            if isinstance(function, ast.AsyncFunctionDef):
                for call, weight in _blocking_calls(scene, file, function):
                    yield from _candidate(scene, file, function, call, weight)


def _blocking_calls(scene: Scene, file: File, function: Function) -> list[tuple[ast.Call, float]]:
    """Calls that the function itself makes: those that surely block, else the widest on a line that does."""
    inner = [node for node in body_nodes(function) if isinstance(node, ast.Call)]
    calls = [call for call in inner if file.function(call) is function]
    seen = [(call, weight) for call in calls if (weight := _weight(scene, file, call))]
    sure = [(_whole(file, call), weight) for call, weight in seen if _is_known(scene, file, call)]
    found = dict(sure or [(call, weight) for call, weight in seen if not _lies_in(file, call, seen)])
    return [(call, weight) for call, weight in found.items() if not _is_out_of_reach(file, call)]


def _lies_in(file: File, call: ast.Call, others: list[tuple[ast.Call, float]]) -> bool:
    return any(outer is other for outer in file.above(call) for other, _ in others)


def _is_known(scene: Scene, file: File, call: ast.Call) -> bool:
    return scene.symbols.dotted(file, call.func).startswith(BLOCKS) or bool(scene.calls.meant(file, call.func))


def _whole(file: File, call: ast.Call) -> ast.Call:
    """With what is called on its result: `urlopen(url).read()` reads from the net too."""
    attribute = file.parents[call]
    outer = file.parents[attribute]
    chained = isinstance(attribute, ast.Attribute) and isinstance(outer, ast.Call) and outer.func is attribute
    return _whole(file, outer) if chained and isinstance(outer, ast.Call) else call


def _is_out_of_reach(file: File, call: ast.Call) -> bool:
    """Awaited already, in a lambda or a generator expression, or under a lock of threads."""
    if isinstance(file.parents[call], ast.Await):
        return True
    for outer in file.above(call):
        if isinstance(outer, FUNCTIONS):
            return False
        if isinstance(outer, ast.Lambda | ast.GeneratorExp):
            return True
        if isinstance(outer, ast.With) and is_lock(file, outer):
            return True
    return False


# ── does it block? ────────────────────────────────────────────────────────────────────────────────────────────────


def _weight(scene: Scene, file: File, call: ast.Call) -> float:
    """By what was seen to hold up the loop in this call, or by the samples under it."""
    held = [one for one in scene.evidence.blocking if one.kind == "event-loop"]
    longest = max((one.seconds for one in held), default=0.0)
    for one in held:
        if scene.sight.leads_to(file, call, one.site):
            return 0.6 + 0.4 * one.seconds / (longest or 1.0)
    if held:
        return 0.0
    spent = scene.sight.time(file, call)
    return min(1.0, 0.5 + spent) if spent >= LEAST_TIME and _is_known(scene, file, call) else 0.0


# ── what is written instead ───────────────────────────────────────────────────────────────────────────────────────


def _candidate(
    scene: Scene, file: File, function: Function, call: ast.Call, weight: float
) -> Iterator[Candidate]:  # fmt: skip
    name = scene.symbols.dotted(file, call.func)
    if name.startswith(BOUND_TO_THREAD) or _uses_bound(scene, file, call) or opens_race(scene, file, function, call):
        return
    if not all(is_safe_in_thread(scene, called) for called in scene.calls.meant(file, call.func)):
        return
    code = _instead(file, call, name)
    made: tuple[Change, ...] = (Import(file.path, "asyncio"), Replace(file.path, call, code))
    yield Candidate(
        weight,
        file.path,
        call.lineno,
        f"Keep {file.code(call.func)} off the event loop",
        f"{file.name(function)} calls {file.code(call.func)} ({file.path}:{call.lineno}) on the event loop; "
        "until it returns no other request gets on.",
        "The loop serves other requests meanwhile.",
        made,
    )


def _instead(file: File, call: ast.Call, name: str) -> str:
    given = [file.code(arg) for arg in call.args] + [_keyword(file, word) for word in call.keywords]
    if name == "time.sleep":
        code = f"await asyncio.sleep({', '.join(given)})"
    elif any(isinstance(node, ast.Call) for node in ast.walk(call.func)) or _has_calls(call):
        code = f"await asyncio.to_thread(lambda: {file.code(call)})"
    else:
        code = f"await asyncio.to_thread({', '.join([file.code(call.func), *given])})"
    parent = file.parents[call]
    bound = isinstance(parent, ast.Attribute) or (isinstance(parent, ast.Subscript) and parent.value is call)
    return f"({code})" if bound else code


def _has_calls(call: ast.Call) -> bool:
    """Arguments that are themselves worked out by a call may block too."""
    given = [*call.args, *(word.value for word in call.keywords)]
    return any(isinstance(node, ast.Call) for arg in given for node in ast.walk(arg))


def _keyword(file: File, word: ast.keyword) -> str:
    return f"{word.arg}={file.code(word.value)}" if word.arg else f"**{file.code(word.value)}"


def _uses_bound(scene: Scene, file: File, call: ast.Call) -> bool:
    """Whether the called function works on something that only its own thread may use."""
    texts = [ast.unparse(function) for function in scene.calls.meant(file, call.func)]
    chained = [node.attr for node in ast.walk(call.func) if isinstance(node, ast.Attribute)]
    if not {"execute", "executemany", "commit", "fetchone", "fetchmany", "fetchall"}.isdisjoint(chained):
        return True
    return any(BOUND.search(text) and "connect(" not in text for text in texts)


PATTERN = Pattern(
    name="blocking-call-in-async",
    applies="An async function calls something that sleeps, waits or computes for long without giving way.",
    breaks="The call now runs in another thread or beside other requests: what it shares with them must bear that.",
    prior={"latency": 1.0, "throughput": 1.0, "errors": 0.5, "cpu": 0.3, "custom": 0.4},
    find=find,
)
