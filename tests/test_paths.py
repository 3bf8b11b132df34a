"""Paths that comments, docstrings and documents name exist, so that readers find what they are sent to."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parent.parent
PATH = re.compile(r"(?<![\w/.{}$<>*:-])((?:[\w-]+/)+[\w-]+\.(?:py|html|js|css|md|toml|txt))\b(?![\w/.])")
FOLDERS = ("pipelines_portal", "static/js", "static/css", "templates", "tests", "bench", "bin", "docs", "deploy")
# Below these folders, documents and comments leave the folder out.
SHORTENED = ("", "pipelines_portal", "pipelines_portal/external_api", "docs", "templates", "static", "deploy", "tests")


def remarks_of_module(text: str) -> Iterator[str]:
    """Yield the comments and docstrings of a module."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


def remarks_of(path: Path) -> Iterator[str]:
    text = path.read_text()
    if not PATH.search(text):
        return
    if path.suffix == ".py":
        yield from remarks_of_module(text)
    elif path.suffix in (".js", ".css"):
        yield from re.findall(r"/\*.*?\*/|//[^\n]*", text, re.DOTALL)
    elif path.suffix == ".html":
        yield from re.findall(r"\{#.*?#\}|\{% comment.*?endcomment %\}", text, re.DOTALL)
    else:
        yield text


def files() -> Iterator[Path]:
    yield from (path for path in ROOT.glob("*.md"))
    for folder in FOLDERS:
        yield from (
            path for path in (ROOT / folder).rglob("*.*") if path.suffix in (".py", ".js", ".css", ".html", ".md")
        )


def exists(named: str, path: Path) -> bool:
    above = [folder.as_posix() for folder in PurePosixPath(path.relative_to(ROOT).as_posix()).parents]
    return any((ROOT / folder / named).is_file() for folder in (*SHORTENED, *above))


def test_named_paths_exist() -> None:
    named = [(path, name) for path in files() for remark in remarks_of(path) for name in PATH.findall(remark)]
    assert len(named) > 100
    assert [f"{path.relative_to(ROOT)}: {name}" for path, name in named if not exists(name, path)] == []


def test_a_missing_path_is_found() -> None:
    assert list(remarks_of_module('"""As web/missing.py."""\nx = 1  # see tasks/gone.py')) == [
        "# see tasks/gone.py",
        "As web/missing.py.",
    ]
    assert not exists("web/missing.py", ROOT / "tests" / "test_paths.py")
