"""Objects as files of one folder."""

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from pipelines_portal.external_api.storage import ChangedError, Readable
from pipelines_portal.external_api.storage.location import EmbeddedLocation
from pipelines_portal.external_api.storage.signed_urls import signed_url

CHUNK_BYTES = 256 * 1024


class EmbeddedStorage:
    def __init__(self, location: EmbeddedLocation) -> None:
        self._folder = location.folder
        self._unfinished = self._folder / "unfinished"

    def upload_url(self, name: str, expires_at: datetime, server: str) -> str:
        return signed_url(settings.STORAGE_PUBLIC_URL or server, name, expires_at)

    def fingerprint(self, name: str) -> str | None:
        try:
            state = (self._folder / name).stat()
        except FileNotFoundError:
            return None
        return _fingerprint(state)

    @contextmanager
    def open(self, name: str, fingerprint: str, progress: Callable[[], None]) -> Iterator[BinaryIO]:
        try:
            file = (self._folder / name).open("rb")
        except FileNotFoundError as error:
            raise ChangedError from error
        with file:
            if _fingerprint(os.fstat(file.fileno())) != fingerprint:
                raise ChangedError
            yield file

    def save(self, name: str, content: Readable) -> None:
        with self.draft() as draft:
            with draft.open("wb") as out:
                shutil.copyfileobj(content, out, CHUNK_BYTES)
            self.keep(draft, name)

    @contextmanager
    def draft(self) -> Iterator[Path]:
        """A name for a file to be written; what is not kept by the end is removed."""
        self._unfinished.mkdir(parents=True, exist_ok=True)
        draft = self._unfinished / uuid.uuid4().hex
        try:
            yield draft
        finally:
            draft.unlink(missing_ok=True)

    def keep(self, draft: Path, name: str) -> None:
        """Let a finished draft be the object `name`, in one step."""
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.replace(path)

    def delete(self, name: str) -> None:
        path = self._folder / name
        path.unlink(missing_ok=True)
        try:
            path.parent.rmdir()
        except OSError:
            pass  # other objects are in it

    def names(self, prefix: str) -> list[str]:
        folder = self._folder / prefix
        return [f"{prefix}{path.name}" for path in folder.iterdir()] if folder.is_dir() else []

    def delete_unfinished(self, older_than: datetime) -> None:
        for path in self._unfinished.glob("*"):
            try:
                if path.stat().st_mtime < older_than.timestamp():
                    path.unlink()
            except FileNotFoundError:
                pass  # it was finished just now


def _fingerprint(state: os.stat_result) -> str:
    return f"{state.st_ino}-{state.st_mtime_ns}-{state.st_size}"
