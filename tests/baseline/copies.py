"""Copies of the project at a commit, each with its own databases, so that nothing changes the tree one works in."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import cache_from_source
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def git(*arguments: str, folder: Path = PROJECT) -> str:
    return subprocess.check_output(["git", *arguments], cwd=folder, text=True)


@contextmanager
def copies(commit: str, number: int) -> Iterator[list[Path]]:
    folder = Path(tempfile.mkdtemp(prefix="baseline-"))
    made = [folder / str(n) for n in range(number)]
    try:
        for copy in made:
            git("worktree", "add", "--quiet", "--detach", str(copy), commit)
            (copy / ".venv").symlink_to((PROJECT / ".venv").resolve())
        yield made
    finally:
        shutil.rmtree(folder)
        git("worktree", "prune")


@contextmanager
def changed(copy: Path, texts: dict[str, str]) -> Iterator[None]:
    originals = {path: (copy / path).read_text() for path in texts}
    _write(copy, texts)
    try:
        yield
    finally:
        _write(copy, originals)


def _write(copy: Path, texts: dict[str, str]) -> None:
    """Write them, and forget what Python compiled: it would not notice a text of the same second and length."""
    for path, text in texts.items():
        (copy / path).write_text(text)
        Path(cache_from_source(str(copy / path))).unlink(missing_ok=True)
