"""What earlier commits changed together with tests, taken back: such a commit says that its tests see the change."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path

from .change import Change, Lines
from .copies import git

PRODUCT = ("pipelines_portal/*.py", "templates/", ":!*/migrations/*")
MOST = 300


def history(copy: Path) -> Iterator[Change]:
    """Give the newest changes of which all or a part can be taken back. Tried in a copy, which is left unchanged."""
    found = 0
    for commit in git("log", "--no-merges", "--format=%H", "--", *PRODUCT, folder=copy).split():
        tested = git("diff-tree", "--no-commit-id", "--name-only", "-r", commit, "--", "tests", folder=copy)
        if tested and (change := _taken_back(commit, copy)):
            yield change
            found += 1
        if found == MOST:
            return


def _taken_back(commit: str, copy: Path) -> Change | None:
    """Files that it added, deleted or renamed are left out: without them, nothing loads."""
    patch = git("diff", "-M", "--diff-filter=M", f"{commit}^", commit, "--", *PRODUCT, folder=copy)
    apply = ["git", "apply", "-R", "--reject", "--whitespace=nowarn"]
    subprocess.run([*apply, "-"], cwd=copy, input=patch, text=True, capture_output=True, check=False)
    paths = git("diff", "--name-only", folder=copy).split()
    after = {path: (copy / path).read_text() for path in paths}
    is_whole = not _has_unknown_names([path for path in paths if path.endswith(".py")], copy)
    git("checkout", "--quiet", "--", ".", folder=copy)
    git("clean", "--quiet", "--force", folder=copy)
    before = {path: (copy / path).read_text() for path in paths}
    if not is_whole:
        return None
    texts = {path: text for path, text in after.items() if _meaning(path, text) != _meaning(path, before[path])}
    lines = {path: _lines_changed(before[path], text) for path, text in texts.items()}
    subject = git("show", "--no-patch", "--format=%h %s", commit, folder=copy).strip()
    return Change(f"history {subject}", texts, lines) if texts else None


def _has_unknown_names(paths: list[str], copy: Path) -> bool:
    """Such a part of a change is easily noticed, and so are errors of syntax, which ruff reports, too."""
    check = [sys.executable, "-m", "ruff", "check", "--isolated", "--quiet", "--target-version=py311", "--select=F821"]
    return bool(paths) and subprocess.run([*check, *paths], cwd=copy, capture_output=True, check=False).returncode != 0


def _meaning(path: str, text: str) -> str:
    """Without comments and docstrings, which no test can see."""
    if not path.endswith(".py"):
        return text
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = ""
    return ast.dump(tree)


def _lines_changed(before: str, after: str) -> Lines:
    """Where lines are only added, those around."""
    lines = set[int]()
    steps = SequenceMatcher(None, before.splitlines(), after.splitlines(), autojunk=False).get_opcodes()
    for kind, start, end, _, _ in steps:
        if kind != "equal":
            lines.update(range(start + 1, end + 1) if end > start else (start, start + 1))
    return frozenset(lines)
