"""Whether threads share what a piece of code works on, and whether a lock is held there."""

import ast
import re

from setpoint.repair.playbook.project import FUNCTIONS, File
from setpoint.repair.playbook.scene import Scene

LOCKS = re.compile(r"lock|mutex|guard|semaphore|cond", re.IGNORECASE)
THREADS = re.compile(
    r"Threading|ThreadPool|import threading|from threading|flask|bottle|django|cherrypy|to_thread|fastapi"
)
MADE = r"(threading\.|asyncio\.|multiprocessing\.)?(R?Lock|(Bounded)?Semaphore|Condition)\("
FAR = 3  # calls between the lock and the place


def is_lock(file: File, block: ast.With | ast.AsyncWith) -> bool:
    """Whether a `with` block holds a lock: by its name, or by what the file makes it."""
    return any(_names_lock(file, item.context_expr) for item in block.items)


def _names_lock(file: File, node: ast.expr) -> bool:
    if LOCKS.search(file.code(node)):
        return True
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return bool(name) and bool(re.search(rf"\b{re.escape(name)}\b[^=\n]*= *{MADE}", file.text))


def is_held(scene: Scene, file: File, node: ast.AST, depth: int = FAR) -> bool:
    """Whether a lock is held around `node`, in its function or wherever that is called."""
    for outer in file.above(node):
        if isinstance(outer, ast.With) and is_lock(file, outer):
            return True
        if isinstance(outer, FUNCTIONS):
            break
    function = file.function(node)
    sites = scene.calls.sites[function] if function and depth else []
    return bool(sites) and all(is_held(scene, site.file, site.node, depth - 1) for site in sites)


def is_shared_by_threads(scene: Scene, file: File, node: ast.AST) -> bool:
    """Whether another thread may come in between at this place."""
    if isinstance(file.function(node), ast.AsyncFunctionDef) or is_held(scene, file, node):
        return False
    return any(THREADS.search(other.text) for other in scene.project.files)
