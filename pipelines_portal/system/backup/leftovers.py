"""The hidden folders in which backups are made and checked, and their removal after a killed run."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# As `working_folder` names them for a tar, which may be compressed.
NAMES = ".*.tar*-????????.part"
# Where a file system has no locks, an older folder belongs to no run.
LONGEST_RUN_SECONDS = 24 * 3600


@contextmanager
def working_folder(file: Path, parent: Path | None) -> Iterator[Path]:
    """Yield a new folder for work on the backup `file`. Its lock ends with the process, however that ends."""
    with tempfile.TemporaryDirectory(prefix=f".{file.name}-", suffix=".part", dir=parent) as name:
        folder = Path(name)
        with _opened(folder) as opened:
            with suppress(OSError):
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield folder


def remove_leftovers(parent: Path) -> None:
    """Remove what killed runs left, which would fill the disk. A folder that can't be removed stops no backup."""
    for folder in parent.glob(NAMES):
        with suppress(OSError):
            if folder.is_dir() and not folder.is_symlink() and not _is_in_use(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _is_in_use(folder: Path) -> bool:
    with _opened(folder) as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return time.time() - folder.stat().st_mtime < LONGEST_RUN_SECONDS
    return False


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield opened
    finally:
        os.close(opened)
