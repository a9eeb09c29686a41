"""What is the same for every request: expressions that need nothing of it, and results that nobody changes."""

import ast
import re

from setpoint.repair.playbook.loops import loaded
from setpoint.repair.playbook.mutating import is_changed, is_name_changed
from setpoint.repair.playbook.project import File, Function
from setpoint.repair.playbook.roles import Role, last_name, use_of
from setpoint.repair.playbook.scene import Scene

COSTLY = re.compile(
    r"^(re\.compile|json\.(loads?|dumps)|yaml\.(safe_)?load(_all)?|tomllib\.loads?|pickle\.loads?|csv\.(Dict)?[Rr]eader|"
    r"open|io\.open|configparser\.\w+|jinja2\.\w+|string\.Template|xml\..*|ssl\.create_default_context|"
    r"importlib\..*|zoneinfo\.ZoneInfo|struct\.Struct|ast\.literal_eval|gettext\.\w+|jsonschema\.\w+|compile|"
    r"subprocess\.(run|check_output)|socket\.getfqdn|platform\.\w+|"
    r"lxml\..*|base64\.\w+|gzip\.\w+|zlib\.decompress|hashlib\.(pbkdf2_hmac|scrypt))$"
)
READING = frozenset({"read", "read_text", "read_bytes", "readlines", "open"})
USED_UP = frozenset({"open", "io.open", "csv.reader", "csv.DictReader"})
BY_KEY = frozenset(
    {
        "open", "io.open", "gzip.open", "re.compile", "string.Template", "jinja2.Template", "struct.Struct",
        "zoneinfo.ZoneInfo", "xml.etree.ElementTree.parse",
    }
)  # fmt: skip
BORN = ("__init__", "__post_init__")


def is_costly(scene: Scene, file: File, node: ast.AST) -> bool:
    """Whether a call reads, parses or compiles."""
    if not isinstance(node, ast.Call):
        return False
    attribute = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    return bool(COSTLY.match(scene.symbols.dotted(file, node.func))) or attribute in READING


def is_by_key(scene: Scene, file: File, node: ast.AST) -> bool:
    """Whether a call gives the same for the same path or pattern; what requests carry is never meant."""
    return any(
        isinstance(inner, ast.Call)
        and (scene.symbols.dotted(file, inner.func) in BY_KEY or last_name(inner.func) in ("read_text", "read_bytes"))
        for inner in ast.walk(node)
    )


def is_used_up(scene: Scene, file: File, node: ast.expr) -> bool:
    """An open file or a reader can be used once only."""
    if not isinstance(node, ast.Call):
        return False
    return scene.symbols.dotted(file, node.func) in USED_UP or last_name(node.func) == "open"


def is_of_module(scene: Scene, file: File, function: Function, node: ast.AST) -> bool:
    """Whether it reads only names of the module that never change."""
    names = loaded(node)
    return not names & scene.symbols.local_names(function) and not any(changes(scene, file, name) for name in names)


def is_of_object(scene: Scene, file: File, function: Function, node: ast.AST) -> bool:
    """Whether it reads, beside names of the module, only attributes of `self` that are set when the object is made."""
    own = loaded(node) & scene.symbols.local_names(function)
    if own != {"self"} or any(changes(scene, file, name) for name in loaded(node) - own):
        return False
    attributes = [inner for inner in ast.walk(node) if isinstance(inner, ast.Name) and inner.id == "self"]
    return all(_is_set_once(scene, file, file.parents[inner]) for inner in attributes)


def _is_set_once(scene: Scene, file: File, attribute: ast.AST) -> bool:
    if not isinstance(attribute, ast.Attribute) or isinstance(file.parents[attribute], ast.Call):
        parent = file.parents[attribute]
        if not (isinstance(parent, ast.Call) and isinstance(attribute, ast.Attribute) and attribute in parent.args):
            return False
    assert isinstance(attribute, ast.Attribute)
    owner = file.inside(attribute, ast.ClassDef)
    stores = [
        node
        for node in ast.walk(owner or file.tree)
        if isinstance(node, ast.Attribute) and node.attr == attribute.attr and isinstance(node.ctx, ast.Store)
    ]
    grown = any(key.name == attribute.attr and key.scope == "class" for key in scene.containers)
    born = [made for node in stores if (made := file.function(node))]
    return bool(born) and not grown and all(made.name in BORN for made in born)


def changes(scene: Scene, file: File, name: str) -> bool:
    """Whether a name of the module is given a value more than once, or grows."""
    nodes = [node for node in file.nodes if isinstance(node, ast.Name) and node.id == name]
    stores = [node for node in nodes if isinstance(node.ctx, ast.Store) and _is_global(scene, file, node)]
    return len(stores) > 1 or any(key.name == name and key.owner == file.path for key in scene.containers)


def _is_global(scene: Scene, file: File, node: ast.Name) -> bool:
    function = file.function(node)
    return function is None or node.id not in scene.symbols.local_names(function)


def is_put_into(scene: Scene, file: File, function: Function, node: ast.expr) -> bool:
    """Whether what the expression gives is changed: here, by what is given it, or by those to whom it is returned."""
    use = use_of(file, node)
    if is_changed(scene, file, node) or (use is not None and use.role in (Role.GROW, Role.SHRINK)):
        return True
    match file.parents[node]:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return is_returned(function, name) and is_changed_by_callers(scene, function)
    return False


def is_name_put_into(scene: Scene, file: File, function: Function, name: str) -> bool:
    """The same for a name that a block of the function gives a value."""
    changed = is_name_changed(scene, file, function, name)
    return changed or (is_returned(function, name) and is_changed_by_callers(scene, function))


def is_returned(function: Function, name: str) -> bool:
    """Whether the function hands on the very object of that name, or a part of it."""
    for node in ast.walk(function):
        if isinstance(node, ast.Return | ast.Yield) and node.value is not None:
            kinds = ast.Tuple | ast.List | ast.Dict | ast.Subscript | ast.Name
            if isinstance(node.value, kinds) and name in loaded(node.value):
                return True
    return False


def is_changed_by_callers(scene: Scene, function: Function) -> bool:
    """Whether somebody puts something into what the function returns, or keeps it."""
    for site in scene.calls.sites[function]:
        match site.file.parents[site.node]:
            case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
                return True
        if is_changed(scene, site.file, site.node):
            return True
    return False
