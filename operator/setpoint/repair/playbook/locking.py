"""Whether threads share what a piece of code works on, and whether a lock is held there."""

import ast
import re

from setpoint.repair.playbook.containers import Container
from setpoint.repair.playbook.project import FUNCTIONS, File
from setpoint.repair.playbook.roles import Role
from setpoint.repair.playbook.scene import Scene

LOCKS = re.compile(r"lock|mutex|guard|semaphore|cond", re.IGNORECASE)
THREADS = re.compile(
    r"Threading|ThreadPool|import threading|from threading|flask|bottle|django|cherrypy|to_thread|fastapi|"
    r"run_in_executor|starlette|start_response|wsgi|falcon|pyramid|waitress|cheroot|gunicorn|litestar|quart"
)
SEVERAL = re.compile(r"semaphore", re.IGNORECASE)  # may be held by more than one
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


def meets_threads(scene: Scene, container: Container) -> bool:
    """Whether several threads may use the container: not where an event loop alone does."""
    functions = {use.function for role in Role for use in container.of(role)}
    if all(isinstance(function, ast.AsyncFunctionDef) for function in functions):
        return False
    return any(THREADS.search(file.text) for file in scene.project.files)


def is_open(scene: Scene, container: Container, file: File, node: ast.AST) -> bool:
    """Whether another thread may change the container while `node` runs: no lock of its changes is held there."""
    return meets_threads(scene, container) and not guards(scene, container) & locks_around(scene, file, node)


def guards(scene: Scene, container: Container) -> frozenset[str]:
    """The locks that are held wherever something is put into the container or taken out."""
    changing = container.of(Role.GROW) + container.of(Role.SHRINK)
    found = [locks_around(scene, use.file, use.node) for use in changing]
    one_for_all = frozenset.intersection(*found) if found else frozenset()
    inside = container.key.scope == "class" and container.birth and container.birth[0].function(container.birth[1])
    return one_for_all if inside else frozenset(name for name in one_for_all if not name.startswith("self."))


def locks_around(scene: Scene, file: File, node: ast.AST, depth: int = FAR) -> frozenset[str]:
    """The locks that are held around `node`, those left out of which there is one for each key, or for each object."""
    found: set[str] = set()
    for outer in file.above(node):
        if isinstance(outer, ast.With):
            found |= {ast.unparse(item.context_expr) for item in outer.items if _is_alone(scene, file, item)}
        if isinstance(outer, FUNCTIONS):
            break
    function = file.function(node)
    sites = scene.calls.sites[function] if function and depth else []
    outside = [locks_around(scene, site.file, site.node, depth - 1) for site in sites]
    return frozenset(found).union(frozenset.intersection(*outside) if outside else ())


def _is_alone(scene: Scene, file: File, item: ast.withitem) -> bool:
    """`with LOCK`, `with self.lock`."""
    node = item.context_expr
    root = node
    while isinstance(root, ast.Attribute):
        root = root.value
    function = file.function(node)
    own = scene.symbols.local_names(function) - {"self", "cls"} if function else frozenset()
    text = re.escape(ast.unparse(node))
    several = SEVERAL.search(text) or re.search(rf"{text}\b[^=\n]*=[^\n]*Semaphore", file.text)
    return isinstance(root, ast.Name) and root.id not in own and _names_lock(file, node) and not several
