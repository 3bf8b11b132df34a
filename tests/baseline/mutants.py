"""Small faults in the logic of the apps that create, send and show tasks, each in one place."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from .change import Change, Lines
from .edits import Edit, Source, edits

APPS = ("entry", "submissions", "task_index", "tasks", "uploads")
NO_LOGIC = {"migrations", "admin.py", "apps.py"}


def mutants(project: Path) -> Iterator[Change]:
    for app in APPS:
        for file in sorted((project / "pipelines_portal" / app).rglob("*.py")):
            if not NO_LOGIC & set(file.parts):
                yield from mutants_of(file.relative_to(project).as_posix(), file.read_text())


def mutants_of(path: str, text: str) -> Iterator[Change]:
    source, lines, seen = Source(text), text.splitlines(), Counter[str]()
    for scope, statement, (kind, start, end, new) in _places(ast.parse(text), source):
        changed = source.replaced(start, end, new)
        first = source.bytes.count(b"\n", 0, start)
        became = changed.splitlines()[first].strip() if first < changed.count("\n") else ""
        name = f"mutant {path} {scope}: {kind}: {lines[first].strip()} → {became}"
        seen[name] += 1
        if seen[name] > 1:
            name += f" ({seen[name]})"
        yield Change(name, {path: changed}, {path: _own_lines(statement)})


def _places(tree: ast.Module, source: Source) -> Iterator[tuple[str, ast.stmt, Edit]]:
    """Give each edit in a function, with the function's name and the statement."""

    def inside(node: ast.AST, scope: str, statement: ast.stmt) -> Iterator[tuple[str, ast.stmt, Edit]]:
        for child in ast.iter_child_nodes(node):
            # Python 3.11 does not tell where expressions in an f-string are.
            if isinstance(child, ast.JoinedStr):
                continue
            own = child if isinstance(child, ast.stmt) else statement
            if scope.endswith("()"):
                yield from ((scope, own, edit) for edit in edits(child, source))
            yield from inside(child, _scope(scope, child), own)

    return inside(tree, "", ast.Pass(lineno=1, end_lineno=1))


def _scope(outer: str, node: ast.AST) -> str:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return f"{outer}.{name}()".lstrip(".")
        case ast.ClassDef(name=name):
            return f"{outer}.{name}".lstrip(".")
    return outer


def _own_lines(statement: ast.stmt) -> Lines:
    """The lines of a statement without those of the statements in it."""
    inner = (node.lineno for node in ast.walk(statement) if isinstance(node, ast.stmt) and node is not statement)
    end = min(inner, default=(statement.end_lineno or statement.lineno) + 1)
    return frozenset(range(statement.lineno, max(end, statement.lineno + 1)))
