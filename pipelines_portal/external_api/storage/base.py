"""Where archives and the files of tasks are kept: objects with names, in a folder or in a bucket.

An archive is `archives/<upload id>.zip` until it is processed. A task's file is `files/<upload id>/<number>`, the
number being its place in the archive's directory: no name on disk is ever chosen by a stranger.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

ARCHIVE_TYPE = "application/zip"


class ChangedError(Exception):
    """The object is gone, or no longer the one that was meant."""


class StorageUnavailableError(Exception):
    """The storage does not answer, or refuses us."""


class StorageFullError(StorageUnavailableError):
    """The storage has no room."""


@dataclass(frozen=True)
class StoredObject:
    """`fingerprint` is a text that changes whenever the object is written."""

    fingerprint: str
    size: int


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Storage(Protocol):
    def upload_url(self, name: str, expires_at: datetime, server: str) -> str:
        """A URL that takes one kind of request until `expires_at`: a PUT of a ZIP as object `name`.

        `server` is the address by which the caller reached the API.
        """

    def find(self, name: str) -> StoredObject | None:
        """What is stored under `name` now."""

    def require_room(self, size: int) -> None:
        """Raises StorageFullError when `size` more bytes would leave too little free. S3 cannot be asked."""

    def open(self, name: str, fingerprint: str, progress: Callable[[], None]) -> AbstractContextManager[BinaryIO]:
        """The object as a seekable file; raises ChangedError unless it is still the one with `fingerprint`.

        `progress` is called now and then while bytes are on their way.
        """

    def save(self, name: str, content: Readable) -> None:
        """Write the object, whole or not at all, in place of an older one of the name."""

    def delete(self, name: str) -> None:
        """Delete the object; one that is not there is no error."""

    def sizes(self, prefix: str) -> dict[str, int]:
        """All objects whose names begin with `prefix`, a folder's name with its slash, and their bytes."""

    def delete_unfinished(self, older_than: datetime) -> int:
        """Remove what uploads that broke off before then left behind. How many, where that is known."""


def archive_name(upload_id: object) -> str:
    return f"archives/{upload_id}.zip"


def file_name(upload_id: object, number: int) -> str:
    return f"{files_prefix(upload_id)}{number}"


def files_prefix(upload_id: object) -> str:
    return f"files/{upload_id}/"
