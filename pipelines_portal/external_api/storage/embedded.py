"""A storage that keeps objects as files in a folder."""

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from pipelines_portal.core.files import version_of
from pipelines_portal.external_api.storage.base import ChangedError, Readable, StorageFullError, StoredObject
from pipelines_portal.external_api.storage.location import EmbeddedLocation
from pipelines_portal.external_api.storage.signed_urls import signed_url

CHUNK_BYTES = 256 * 1024


class EmbeddedStorage:
    """A `Storage` in a folder of this machine."""

    notes_puts = True

    def __init__(self, location: EmbeddedLocation) -> None:
        self._folder = location.folder
        self._unfinished = self._folder / "unfinished"

    def upload_url(self, name: str, expires_at: datetime, server: str) -> str:
        return signed_url(settings.STORAGE_PUBLIC_URL or server, name, expires_at)

    def find(self, name: str) -> StoredObject | None:
        try:
            state = (self._folder / name).stat()
        except FileNotFoundError:
            return None
        return StoredObject(version_of(state), state.st_size)

    def require_room(self, size: int) -> None:
        make_private(self._folder)
        if shutil.disk_usage(self._folder).free - size < settings.STORAGE_FREE_BYTES:
            raise StorageFullError("The disk of the storage has no room.")

    @contextmanager
    def open(self, name: str, fingerprint: str, progress: Callable[[], None]) -> Iterator[BinaryIO]:
        try:
            file = (self._folder / name).open("rb")
        except FileNotFoundError as error:
            raise ChangedError from error
        with file:
            if version_of(os.fstat(file.fileno())) != fingerprint:
                raise ChangedError
            yield file

    def save(self, name: str, content: Readable) -> None:
        with self.draft() as draft:
            with open_private(draft) as out:
                shutil.copyfileobj(content, out, CHUNK_BYTES)
            self.keep(draft, name)

    @contextmanager
    def draft(self) -> Iterator[Path]:
        """Yield a path to write a file to. Unless `keep` was called, the file is removed at the end."""
        make_private(self._unfinished)
        draft = self._unfinished / uuid.uuid4().hex
        try:
            yield draft
        finally:
            draft.unlink(missing_ok=True)

    def keep(self, draft: Path, name: str) -> None:
        """Make a complete draft the object `name`, in one step."""
        path = self._folder / name
        for is_last in (False, False, True):
            make_private(path.parent)
            try:
                draft.replace(path)
                return
            except FileNotFoundError:
                # Another process has just deleted the empty folder.
                if is_last:
                    raise

    def delete(self, name: str) -> None:
        path = self._folder / name
        path.unlink(missing_ok=True)
        # Remove the folder of an upload. The folders that all uploads share stay.
        if path.parent.parent != self._folder:
            try:
                path.parent.rmdir()
            except OSError:
                pass  # it contains other objects

    def sizes(self, prefix: str) -> dict[str, int]:
        folder = self._folder / prefix
        paths = folder.iterdir() if folder.is_dir() else ()
        return {f"{prefix}{path.name}": path.stat().st_size for path in paths}

    def delete_unfinished(self, older_than: datetime) -> int:
        deleted = 0
        for path in self._unfinished.glob("*"):
            try:
                if path.stat().st_mtime < older_than.timestamp():
                    path.unlink()
                    deleted += 1
            except FileNotFoundError:
                pass  # it was finished just now
        return deleted


def make_private(folder: Path) -> None:
    """Create the folder and its parents for this program's user only. `mkdir` sets the mode of the last one only."""
    if not folder.is_dir():
        make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def open_private(path: Path) -> BinaryIO:
    """Open a new file for writing, readable by this program's user only."""
    return open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600))
