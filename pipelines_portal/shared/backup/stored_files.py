"""What the embedded storage holds, while the External API goes on taking in and deleting."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

HELD = ".backup-"


@contextmanager
def held_archives(storage: Path | None) -> Iterator[Path | None]:
    """Every archive under a second name, until the block ends: one that is worked through meanwhile stays to be read.

    Files of tasks need none: they are deleted when no task names them, and never before.
    """
    if storage is None or not storage.is_dir():
        yield None
        return
    for left_by_a_killed_one in storage.glob(f"{HELD}*"):
        shutil.rmtree(left_by_a_killed_one, ignore_errors=True)
    folder = storage / f"{HELD}{uuid.uuid4().hex}"
    folder.mkdir(mode=0o700)
    try:
        hold(storage, folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def hold(storage: Path, folder: Path) -> None:
    """Those that came since, as well. An archive is never written to: another of its name is another file."""
    for name in _names(storage / "archives"):
        with suppress(FileNotFoundError):
            (folder / name).unlink(missing_ok=True)
            os.link(storage / "archives" / name, folder / name)


def task_files(storage: Path) -> Iterator[Path]:
    for upload in _names(storage / "files"):
        for name in _names(storage / "files" / upload):
            yield storage / "files" / upload / name


def _names(folder: Path) -> Iterator[str]:
    """In the order of the disk: a million names are not sorted in memory."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            yield entry.name
