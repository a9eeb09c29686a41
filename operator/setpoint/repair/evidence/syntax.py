"""What a line does: which function it calls, which lock it takes or has."""

import ast
from collections.abc import Iterator

_WITH = (ast.With, ast.AsyncWith)


def called(tree: ast.Module | None, line: int) -> str:
    """The outermost call on `line`, as written, without its arguments; empty when there is none."""
    calls = (node for node in _on(tree, line) if isinstance(node, ast.Call) and node.lineno == line)
    return next((ast.unparse(call.func)[:100] for call in calls), "")


def takes_lock(tree: ast.Module | None, line: int) -> str:
    """The lock that `line` waits for, as written: `with lock:` or `lock.acquire()`; empty when it is about no lock."""
    for node in _on(tree, line):
        if isinstance(node, _WITH) and node.lineno == line:
            return next(filter(None, map(_lock, node.items)), "")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "acquire":
            return ast.unparse(node.func.value)
    return ""


def has_lock(tree: ast.Module | None, line: int) -> set[str]:
    """The locks that code on `line` has, by the statements around it: `with lock:`, `finally: lock.release()`."""
    found: set[str] = set()
    for node in _on(tree, line):
        if isinstance(node, _WITH) and node.body[0].lineno <= line:
            found |= {lock for item in node.items if (lock := _lock(item))}
        if isinstance(node, ast.Try) and node.finalbody and line < node.finalbody[0].lineno:
            found |= {lock for statement in node.finalbody if (lock := _released(statement))}
    return found


def _released(statement: ast.stmt) -> str:
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=lock, attr="release"), args=[])):
            return ast.unparse(lock)
    return ""


def _lock(item: ast.withitem) -> str:
    """A lock is entered by its name; what is called there (open, connect) is made for the occasion."""
    plain = isinstance(item.context_expr, (ast.Name, ast.Attribute, ast.Subscript))
    return ast.unparse(item.context_expr) if plain else ""


def _on(tree: ast.Module | None, line: int) -> Iterator[ast.AST]:
    """The nodes that `line` is part of, outermost first."""
    waiting: list[ast.AST] = [tree] if tree else []
    while waiting:
        node = waiting.pop(0)
        first, last = getattr(node, "lineno", line), getattr(node, "end_lineno", line)
        if first <= line <= last:
            yield node
            waiting.extend(ast.iter_child_nodes(node))
