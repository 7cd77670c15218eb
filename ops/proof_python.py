"""What a Python model reads: only models that it names in dbt.ref("…"), and nothing else.

Python can do anything, so little is allowed: a fixed list of imports and calls. A function of the
project that a model hands its rows to is looked at as well, with all that it uses.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from ops.proof_sql import Unreadable

MODULES = {"sys", "dbt.flags"}
# of the project's own functions: they work on the rows that they are handed
FUNCTIONS = {"ops.fit": {"as_relation", "fit_groups"}}
CALLS = {"dbt.config", "dbt.ref", "get_flags", "str", "sys.path.insert", "sys.path.pop"}
TAKES_SESSION = {"as_relation"}
FORBIDDEN = {
    "open",
    "eval",
    "exec",
    "compile",
    "__import__",
    "getattr",
    "setattr",
    "delattr",
    "globals",
    "locals",
    "vars",
    "dir",
    "input",
    "breakpoint",
    "__builtins__",
    "importlib",
    "subprocess",
    "socket",
    "urllib",
    "os",
    "ctypes",
}
OWN_ROWS = {"summary_rows"}
FROM = re.compile(r"\b(?:from|join)\s+([\w.\"]+|'[^']*')", re.IGNORECASE)


def refs(code: str, root: Path) -> set[str]:
    """The models that a Python model reads; every column of them counts as read."""
    try:
        tree = ast.parse(code)
    except SyntaxError as error:
        raise Unreadable(f"does not parse: {error}") from error
    calls = CALLS | _imports(tree, root)
    found = set()
    for node in ast.walk(tree):
        _refuse_names(node)
        if isinstance(node, ast.Call):
            called = _dotted(node.func)
            if called not in calls:
                raise Unreadable(f"calls {ast.unparse(node.func)}()")
            if called == "dbt.ref":
                found.add(_literal(node))
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "get_flags().PROJECT_DIR":
            continue
        if isinstance(node, ast.Attribute) and _dotted(node) is None:
            raise Unreadable(f"takes {node.attr} of {ast.unparse(node.value)}")
        name = _dotted(node) or ""
        if isinstance(node, ast.Attribute) and name.startswith("dbt.") and name not in CALLS:
            raise Unreadable(f"uses {name}")
    _refuse_session(tree)
    return found


def _imports(tree: ast.AST, root: Path) -> set[str]:
    """The project's own functions that are imported; any other import than the few is refused."""
    functions: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name not in MODULES or alias.asname:
                    raise Unreadable(f"imports {alias.name}")
        if isinstance(node, ast.ImportFrom):
            module, names = node.module or "", {alias.name for alias in node.names}
            if any(alias.asname for alias in node.names):
                raise Unreadable(f"imports from {module} under another name")
            if module == "dbt.flags" and names == {"get_flags"}:
                continue
            if not names <= FUNCTIONS.get(module, set()):
                raise Unreadable(f"imports {', '.join(sorted(names))} from {module}")
            for name in names:
                _check_function(root / f"{module.replace('.', '/')}.py", name)
            functions |= names
    return functions


def _refuse_names(node: ast.AST) -> None:
    name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
    if name in FORBIDDEN or name.startswith("__"):
        raise Unreadable(f"uses {name}")


def _literal(call: ast.Call) -> str:
    """The one text that dbt.ref is called with."""
    if len(call.args) == 1 and not call.keywords and isinstance(call.args[0], ast.Constant):
        return str(call.args[0].value)
    raise Unreadable("calls dbt.ref with something else than one text")


def _refuse_session(tree: ast.AST) -> None:
    """The warehouse's connection may only be handed to a function that makes rows of values."""
    allowed = {
        id(argument)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and _dotted(call.func) in TAKES_SESSION
        for argument in call.args
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "session" and id(node) not in allowed:
            raise Unreadable("uses session")
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr | ast.Delete | ast.Lambda):
            raise Unreadable(f"holds {type(node).__name__.lower()}, which could rename something")


def _dotted(node: ast.AST) -> str | None:
    """A name such as sys.path.insert; none where something is computed."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (value := _dotted(node.value)):
        return f"{value}.{node.attr}"
    return None


# -- the project's own functions ------------------------------------------------------------------


def _check_function(path: Path, name: str) -> None:
    """A function, and all of its module that it uses, query only the rows that they are handed."""
    if not path.exists():
        raise Unreadable(f"imports from {path.name}, which is not there")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    defined = {key: node for node in tree.body for key in _defines(node)}
    imported = {
        alias.asname or alias.name: node.module or ""
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        key = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        if imported.get(key, "").startswith("ops."):
            module = imported[key].replace(".", "/")
            _check_function(path.parents[1] / f"{module}.py", key)
        if key in defined:
            waiting += _check_definition(defined[key], path.name)


def _check_definition(node: ast.AST, file: str) -> Iterator[str]:
    """Refuse what reads elsewhere; yield the names that are used."""
    documented = {
        id(child.body[0].value)
        for child in ast.walk(node)
        if isinstance(child, ast.FunctionDef | ast.ClassDef) and isinstance(child.body[0], ast.Expr)
    }
    for child in ast.walk(node):
        if isinstance(child, ast.Name | ast.Attribute):
            try:
                _refuse_names(child)
            except Unreadable as error:
                raise Unreadable(f"is handed to {file}, which {error}") from error
        if isinstance(child, ast.Import | ast.ImportFrom):
            raise Unreadable(f"is handed to {file}, which imports inside a function")
        is_text = isinstance(child, ast.Constant) and isinstance(child.value, str)
        if is_text and id(child) not in documented:
            for found in FROM.finditer(str(child.value)):  # type: ignore[attr-defined]
                if found.group(1).lower() not in OWN_ROWS | {"values"}:
                    raise Unreadable(f"is handed to {file}, which reads {found.group(1)}")
        if isinstance(child, ast.Name):
            yield child.id


def _defines(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets: list[ast.expr] = [*node.targets] if isinstance(node, ast.Assign) else []
    targets += [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]
