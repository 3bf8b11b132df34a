"""Reads one file with the product's own code, in a process of its own: `python -m shared.reading KIND PATH`.

KIND is one of READERS. The reader of spreadsheets starts a child process, which is measured then. Prints JSON: see
`Reading`.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .measuring import peak_megabytes, reset_peak

PROJECT = Path(__file__).resolve().parents[2]
MOST_SECONDS = 30


@dataclass
class Reading:
    """The cost of reading a file.

    `megabytes` is the most that the process grew by, or the size of its child process. `refusal` is empty if the
    file was read.
    """

    seconds: float
    cpu_seconds: float
    megabytes: float
    refusal: str


def read(kind: str, path: Path) -> Reading:
    """Read a file in a new process, which is ended after half a minute."""
    env = os.environ | {"PYTHONPATH": str(PROJECT / "bench")}
    command = [sys.executable, "-m", "shared.reading", kind, str(path)]
    try:
        result = subprocess.run(
            command, cwd=PROJECT, env=env, stdout=subprocess.PIPE, text=True, timeout=MOST_SECONDS, check=True
        )
    except subprocess.TimeoutExpired:
        return Reading(MOST_SECONDS, MOST_SECONDS, 0, "")
    return Reading(**json.loads(result.stdout))


def imported_rows(path: Path) -> str:
    """Read the rows of an import."""
    from pipelines_portal.spreadsheets.limits import MAX_CELL, MAX_TEXT, Bounds

    return _rows(path, Bounds(longest_cell=MAX_CELL, text=MAX_TEXT, rows=100_000, bytes=64 * 1024**2))


def archive_rows(path: Path) -> str:
    """Read the rows that belong to an archive."""
    from pipelines_portal.spreadsheets.limits import WITH_AN_ARCHIVE

    return _rows(path, WITH_AN_ARCHIVE)


def _rows(path: Path, bounds: Any) -> str:
    from pipelines_portal.spreadsheets.limits import RowsFileError
    from pipelines_portal.spreadsheets.reading import ReadingOptions, read_lines

    try:
        with read_lines("rows.xlsx", path, ReadingOptions(), bounds) as reading:
            for _ in reading.blocks:
                pass
    except RowsFileError as refusal:
        return refusal.title
    return ""


def archive_preview(path: Path) -> str:
    """Read the end of an archive as the portal does."""
    from pipelines_portal.uploads.archive.directory import MAX_TAIL_BYTES, Tail, Unusable, read_directory

    try:
        read_directory(Tail(path.read_bytes()[-MAX_TAIL_BYTES:], path.stat().st_size))
    except Unusable as refusal:
        return refusal.title
    return ""


def archive(path: Path) -> str:
    """Open an archive as the External API does."""
    from pipelines_portal.external_api.uploads.archives import ArchiveError, open_archive

    try:
        with path.open("rb") as file, open_archive(file):
            return ""
    except ArchiveError as refusal:
        return str(refusal)


READERS: dict[str, Callable[[Path], str]] = {
    reader.__name__: reader for reader in (imported_rows, archive_rows, archive_preview, archive)
}


def main(kind: str, path: str) -> None:
    reader, has_child = READERS[kind], kind.endswith("rows")
    whose = resource.RUSAGE_CHILDREN if has_child else resource.RUSAGE_SELF
    reader(Path(os.devnull))  # The first call loads the modules.
    reset_peak()
    memory, cpu, started = peak_megabytes(), _cpu_seconds(whose), time.perf_counter()
    refusal = reader(Path(path))
    taken, used = time.perf_counter() - started, _cpu_seconds(whose) - cpu
    megabytes = resource.getrusage(whose).ru_maxrss / 1024 if has_child else peak_megabytes() - memory
    print(json.dumps(asdict(Reading(taken, used, megabytes, refusal))))


def _cpu_seconds(whose: int) -> float:
    used = resource.getrusage(whose)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main(*sys.argv[1:])
