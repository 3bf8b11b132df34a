"""Whether `prepare` has nothing to do, told in a few milliseconds and without Django, for the second `make run`."""

import hashlib
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from pipelines_portal import __version__

PACKAGE = Path(__file__).resolve().parent.parent
MARKER = "prepared.json"


def is_prepared(data_dir: Path, programs: list[str]) -> bool:
    """Return whether these programs were prepared, and nothing that it depends on changed.

    Their databases have to be the SQLite files of `data_dir`. Anything unexpected means no.
    """
    try:
        known = json.loads((data_dir / MARKER).read_text())
        return bool(known == _state(data_dir, programs))
    except (OSError, ValueError, sqlite3.Error):
        return False


def mark_prepared(data_dir: Path, programs: list[str]) -> None:
    """Record that these programs were prepared."""
    try:
        text = json.dumps(_state(data_dir, programs))
        (data_dir / MARKER).write_text(text)
    except (OSError, sqlite3.Error):
        (data_dir / MARKER).unlink(missing_ok=True)


def wipe_metrics(folder: Path) -> None:
    """Delete the counts of ended processes, unless another process still counts: a counter must not decrease."""
    files = [file for file in folder.glob("*.db") if not file.stem.endswith(f"_{os.getpid()}")]
    if not any(Path(f"/proc/{file.stem.rpartition('_')[2]}").exists() for file in files):
        for file in files:
            file.unlink(missing_ok=True)


def _state(data_dir: Path, programs: list[str]) -> dict[str, Any]:
    sources = [*PACKAGE.glob("**/migrations/*.py"), *(PACKAGE.parent / "static").rglob("*")]
    collected = [file for name in programs for file in (data_dir / "static" / name).rglob("*")]
    return {
        "version": __version__,
        "sources": _digest(sources),
        "collected": _digest(collected),
        "migrations": {name: _applied(data_dir / f"{name}.sqlite3") for name in programs},
    }


def _digest(files: list[Path]) -> str:
    """Return a hash of the names, sizes and times of files."""
    parts = []
    for file in sorted(files):
        status = file.stat()
        parts.append(f"{file} {status.st_size} {status.st_mtime_ns}" if file.is_file() else str(file))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _applied(database: Path) -> list[list[str]]:
    """Return the migrations that a database has. Raise sqlite3.Error if there is none."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT app, name FROM django_migrations ORDER BY app, name").fetchall()
    return [list(row) for row in rows]
