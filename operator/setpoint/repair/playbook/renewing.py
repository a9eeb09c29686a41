"""How a new, empty container of the same kind is written, and where it may take the place of the old one."""

import ast

from setpoint.repair.playbook.containers import Container
from setpoint.repair.playbook.project import File
from setpoint.repair.playbook.scene import Scene

EMPTY = {"list": "[]", "dict": "{}", "set": "set()"}


def new_code(container: Container, file: File) -> str:
    """The expression for an empty container of the same kind; empty where it cannot be written in this file."""
    if _is_of_class(container):
        return ""  # to bind it on `self` would leave the class with the old one
    if container.kind in EMPTY and not _is_special(container):
        return EMPTY[container.kind]
    if container.birth and container.birth[0] is file and not _is_field(container.birth[1]):
        return file.code(container.birth[1])
    return ""


def _is_of_class(container: Container) -> bool:
    """Whether all objects of the class share it."""
    if container.key.scope != "class" or not container.birth:
        return False
    file, birth = container.birth
    return file.function(birth) is None and not _is_field(birth)


def _is_special(container: Container) -> bool:
    """A defaultdict, Counter or OrderedDict is no plain dict."""
    match container.birth:
        case (_, ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name))):
            return name not in ("list", "dict", "set", "field")
    return False


def _is_field(birth: ast.expr) -> bool:
    return isinstance(birth, ast.Call) and any(keyword.arg == "default_factory" for keyword in birth.keywords)


def is_imported_by_name(scene: Scene, container: Container) -> bool:
    """Whether another file imports the very name, which would go on standing for the old object."""
    own = scene.project.file(container.key.owner)
    imported = (given for names in scene.symbols.imports.values() for given in names.values())
    return any(source is own and name == container.key.name for source, name in imported)
