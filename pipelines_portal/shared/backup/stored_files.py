"""What the embedded storage holds, while the External API goes on taking in and deleting."""

import errno
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.core.management.base import CommandError

from pipelines_portal.shared.backup.members import STORAGE, STORED

HELD = ".backup-"
# Another disk, somebody else's file, or a disk that knows none.
NO_SECOND_NAME = {errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}
NOT_HELD = (
    "{} cannot be given a second name ({}), by which it stays until it is saved. Nothing was saved. The storage must "
    "be one folder or mount as a whole, the user's whom this runs as, on a disk that has hard links."
)


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
    for entry in _entries(storage / "archives"):
        if _is_stored(entry, "archives"):
            with suppress(FileNotFoundError), _told(entry.path):
                (folder / entry.name).unlink(missing_ok=True)
                os.link(entry.path, folder / entry.name)


@contextmanager
def _told(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in NO_SECOND_NAME:
            raise CommandError(NOT_HELD.format(path, error.strerror)) from error
        raise


def strays(storage: Path) -> int:
    """How many names among the archives nobody of ours gave: a restore takes none of them."""
    return sum(not _is_stored(entry, "archives") for entry in _entries(storage / "archives"))


def task_files(storage: Path) -> Iterator[Path | None]:
    """None for a stray one."""
    for upload in _entries(storage / "files"):
        folder = f"files/{upload.name}"
        if not (_is_name(f"{folder}/0") and upload.is_dir()):
            yield None
            continue
        for entry in _entries(Path(upload.path)):
            yield Path(entry.path) if _is_stored(entry, folder) else None


def _is_stored(entry: os.DirEntry[str], folder: str) -> bool:
    """A pipe would be waited at for ever; a socket, or a link to nothing, cannot be read."""
    return _is_name(f"{folder}/{entry.name}") and entry.is_file()


def _is_name(path: str) -> bool:
    """What others leave on a disk is called otherwise: .nfs…, .DS_Store, lost+found."""
    return STORED.fullmatch(f"{STORAGE}{path}") is not None


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """In the order of the disk: a million names are not sorted in memory."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        yield from entries
