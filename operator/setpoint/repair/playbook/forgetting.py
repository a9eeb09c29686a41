"""Whether a container may forget entries: only where nobody is owed one that went.

What is handed over, taken out to be worked on, counted, listed or asked for by others is the only copy of something,
and a bound on it would lose that. Where this cannot be told, it may not forget.
"""

import ast
import re
from collections.abc import Iterator

from setpoint.repair.playbook.containers import Container, holds_callables, holds_receivers
from setpoint.repair.playbook.cursors import has_cursor
from setpoint.repair.playbook.flow import own_walk
from setpoint.repair.playbook.project import FUNCTIONS, File, Function
from setpoint.repair.playbook.recomputing import is_made_again
from setpoint.repair.playbook.roles import Role, Use, last_name
from setpoint.repair.playbook.scene import Scene

# What such a container holds is on its way to somebody.
OWED = re.compile(
    r"queue|outbox|inbox|mailbox|pending|backlog|buffer|batch|jobs?$|tasks?$|todo|waiting|spool|shelf|undelivered|unsent|"
    r"unacked|retr(y|ies)|orders?$|bookings?$|payments?$|invoices?$|ledger|tickets?$|sessions?$|carts?$|baskets?$|users?$",
    re.I,
)
DELIVERS = re.compile(
    r"flush|drain|send|ship|publish|export|write|commit|emit|dispatch|persist|save|store|upload|deliver|hand|forward|push|"
    r"post|submit|sync|archive|rotate|notify|insert|bulk|consume|collect|process|transmit|replay|apply|execute|enqueue"
)
ANSWERS = re.compile(r"wfile|start_response|^response\b|^resp\b|log|print")
READS = re.compile(
    r"^_?(do_GET|get_|show|list_?|latest|recent|newest|last|top|tail|view|index|history|describe|render)"
)
MEASURED = re.compile(r"timing|sample|duration|latenc|elapsed|trace|debug|recent", re.I)


def may_forget(scene: Scene, container: Container) -> bool:
    """Whether the oldest entries can go without anybody getting less, or something else, than before."""
    if holds_callables(container) or holds_receivers(container) or has_cursor(container):
        return False  # a listener would be left without news, and what was not handed over yet would be lost
    if _is_handed_on(scene, container):
        return False
    if OWED.search(container.key.name) or _is_drained(container) or _is_counted(container):
        return False
    if any(_is_delivered(scene, take) for take in _reads(container)):
        return False
    if container.kind == "dict":
        return not _listed(container) and is_made_again(scene, container)
    if container.kind == "set":
        return not _reads(container) and not any(not _measures(look) for look in container.of(Role.LOOK))
    return all(_shows_newest(container, use) for use in _reads(container) + container.of(Role.LOOK))


def _is_handed_on(scene: Scene, container: Container) -> bool:
    """Whether a method of it goes to somebody else: `task.add_done_callback(tasks.discard)`."""
    for file in scene.project.files:
        for node in file.nodes:
            if isinstance(node, ast.Attribute) and last_name(node.value) == container.key.name:
                parent = file.parents[node]
                called = isinstance(parent, ast.Call) and parent.func is node
                deeper = isinstance(parent, ast.Attribute | ast.Subscript) or not isinstance(node.ctx, ast.Load)
                if not called and not deeper and scene.names.key(file, node.value) == container.key:
                    return True
    return False


def _reads(container: Container) -> list[Use]:
    """Where its content is read, the expressions left out that only give it another value with more in it."""
    return [use for use in container.of(Role.TAKE) if not _is_second_name(use)]


def _is_second_name(use: Use) -> bool:
    """`rows = self.rows`: what is done with `rows` counts by itself."""
    match use.statement:
        case ast.Assign(targets=[ast.Name()], value=value):
            return value is use.node
    return False


def _is_drained(container: Container) -> bool:
    """Whether what is taken out is used, as from a queue: `x.popleft()`, `batch, self.x = self.x, []`."""
    for use in container.of(Role.SHRINK):
        if isinstance(use.node, ast.Name | ast.Attribute | ast.Subscript) and isinstance(use.node.ctx, ast.Store):
            return True
        parent = use.file.parents[use.node]
        if isinstance(parent, ast.Attribute):
            call = use.file.parents[parent]
            if parent.attr.startswith("pop") and not isinstance(use.file.parents[call], ast.Expr):
                return True
        if isinstance(parent, ast.Call) and not isinstance(use.file.parents[parent], ast.Expr):  # heappop(x)
            return True
    return False


def _is_counted(container: Container) -> bool:
    """Whether its length is more than compared: told, reckoned with, or made a number for the next entry."""
    return any(_measures(look) and not _is_compared(look) for look in container.of(Role.LOOK))


def _measures(look: Use) -> bool:
    parent = look.file.parents[look.node]
    return isinstance(parent, ast.Call) and last_name(parent.func) == "len"


def _is_compared(look: Use) -> bool:
    outer = look.file.parents[look.file.parents[look.node]]
    return isinstance(outer, ast.Compare)


def _listed(container: Container) -> bool:
    """Whether somebody walks through it for more than to take out what is too old."""
    shrinking = {use.function for use in container.of(Role.SHRINK)}
    return any(use.function not in shrinking for use in _reads(container))


# ── lists ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _shows_newest(container: Container, use: Use) -> bool:
    """`x[-10:]`, `x[-1]`, `x[:10]` of a list with the newest first; measurements as a whole."""
    if use.role is Role.LOOK and _measures(use):
        return True
    match use.file.parents[use.node]:
        case ast.Subscript(slice=ast.Slice(lower=ast.UnaryOp(op=ast.USub()), upper=None)):
            return True
        case ast.Subscript(slice=ast.UnaryOp(op=ast.USub())):
            return True
        case ast.Subscript(slice=ast.Slice(lower=None, upper=ast.expr() as upper)) if not isinstance(
            upper, ast.UnaryOp
        ):
            return _grows_at_front(container)
        case ast.If() | ast.IfExp() | ast.UnaryOp() | ast.While():
            return True
    return use.role is Role.TAKE and bool(MEASURED.search(container.key.name)) and not _is_of_all(use)


def _is_of_all(use: Use) -> bool:
    """`max(x)`, `sum(x)`: what was highest, or how much it was in all, is not told by the newest."""
    call = use.file.parents[use.node]
    averaged = isinstance(call, ast.Call) and isinstance(use.file.parents[call], ast.BinOp)
    name = last_name(call.func) if isinstance(call, ast.Call) else ""
    return name in ("max", "min") or (name in ("sum", "fsum") and not averaged)


def _grows_at_front(container: Container) -> bool:
    fronts = ("insert", "appendleft", "extendleft")
    parents = [use.file.parents[use.node] for use in container.of(Role.GROW)]
    return all(isinstance(parent, ast.Attribute) and parent.attr in fronts for parent in parents)


# ── delivery ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _is_delivered(scene: Scene, take: Use) -> bool:
    """Whether what is read goes to somebody else than the one who asked."""
    function = take.function
    if function and DELIVERS.search(function.name) and not READS.match(function.name):
        return True
    return any(_is_handed(scene, take.file, node) for node in (take.node, *_copies(take)))


def _copies(take: Use) -> Iterator[ast.expr]:
    """The uses of a local name that was given the content, or a part of it."""
    match take.statement:
        case ast.Assign(targets=[ast.Name(id=name)]) if take.function:
            for node in ast.walk(take.function):
                if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
                    yield node


def _is_handed(scene: Scene, file: File, node: ast.expr) -> bool:
    """Whether the expression goes into a call that does something with it, or a loop over it does."""
    for outer in file.above(node):
        if isinstance(outer, (*FUNCTIONS, ast.Lambda)):
            break
        if isinstance(outer, ast.For | ast.AsyncFor) and _lies_in(node, outer.iter):
            return any(acts(scene, file, call) for inner in outer.body for call in _calls(inner))
        if isinstance(outer, ast.Call) and not _lies_in(node, outer.func) and acts(scene, file, outer):
            return True
    return False


def _lies_in(node: ast.AST, whole: ast.AST) -> bool:
    return any(inner is node for inner in ast.walk(whole))


def _calls(statement: ast.stmt) -> list[ast.Call]:
    return [node for node in own_walk(statement) if isinstance(node, ast.Call)]


def acts(scene: Scene, file: File, call: ast.Call) -> bool:
    """Whether the call does something with what it is given, beside answering a request with it."""
    name = last_name(call.func)
    if ANSWERS.search(file.code(call.func)) or name in ("append", "extend", "add", "update", "setdefault"):
        return False
    if _is_reply(file, call):
        return False
    outer = file.parents[call]
    for_effect = isinstance(file.parents[outer] if isinstance(outer, ast.Await) else outer, ast.Expr)
    own = [function for function in scene.calls.meant(file, call.func) if not READS.match(function.name)]
    return for_effect or bool(DELIVERS.search(name)) or any(_has_effect(function) for function in own)


def _is_reply(file: File, call: ast.Call) -> bool:
    """`self.reply(200, …)` in a handler of the standard library's server."""
    function = file.function(call)
    owner = file.parents[function] if function else None
    bases = [last_name(base) for base in owner.bases] if isinstance(owner, ast.ClassDef) else []
    on_self = isinstance(call.func, ast.Attribute) and file.code(call.func.value) == "self"
    return on_self and any(base.endswith("RequestHandler") for base in bases)


def _has_effect(function: Function) -> bool:
    """Whether it changes something that outlives it."""
    kinds = ast.Attribute | ast.Subscript
    return any(isinstance(node, kinds) and isinstance(node.ctx, ast.Store) for node in ast.walk(function))
