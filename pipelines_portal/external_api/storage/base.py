"""The storage of archives and files: named objects in a folder or in a bucket.

An archive is `archives/<upload id>.zip` until it is processed. A file of a task is `files/<upload id>/<number>`. The
number is its place in the directory of the archive, so that no name on disk comes from a stranger.
"""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

ARCHIVE_TYPE = "application/zip"


_STORED_FILE = re.compile(r"files/[\w-]++/[0-9]++")


def stored_file(value: object) -> str:
    """Return the name of the stored file that the value of a task stands for, or "" for any other value."""
    name = value.get("object") if isinstance(value, dict) and value.keys() == {"path", "object"} else None
    return name if isinstance(name, str) and _STORED_FILE.fullmatch(name) else ""


class ChangedError(Exception):
    """The object was removed or replaced."""


class StorageUnavailableError(Exception):
    """The storage does not answer, or refuses access."""


class StorageFullError(StorageUnavailableError):
    """The storage is full."""


@dataclass(frozen=True)
class StoredObject:
    """An object in the storage. `fingerprint` changes whenever the object is written."""

    fingerprint: str
    size: int


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Storage(Protocol):
    # Whether `Upload.put_at` shows each PUT that began. S3 does not report a PUT before it is complete.
    notes_puts: bool

    def upload_url(self, name: str, expires_at: datetime, server: str) -> str:
        """Return a URL that accepts a PUT of a ZIP file as object `name` until `expires_at`.

        `server` is the address by which the caller reached the API.
        """

    def find(self, name: str) -> StoredObject | None:
        """Return the object of that name, or None."""

    def require_room(self, size: int) -> None:
        """Raise StorageFullError if `size` more bytes would leave too little free space. S3 does not say."""

    def open(self, name: str, fingerprint: str, progress: Callable[[], None]) -> AbstractContextManager[BinaryIO]:
        """Open the object as a seekable file. Raise ChangedError unless it still has this `fingerprint`.

        `progress` is called regularly while bytes are transferred.
        """

    def save(self, name: str, content: Readable) -> None:
        """Write the object, whole or not at all. It replaces an older object of that name."""

    def delete(self, name: str) -> None:
        """Delete the object if it exists."""

    def sizes(self, prefix: str) -> dict[str, int]:
        """Return the sizes of all objects in the folder `prefix`, which ends with a slash."""

    def delete_unfinished(self, older_than: datetime) -> int:
        """Remove the remains of uploads that broke off before then, and return how many if that is known."""


def archive_name(upload_id: object) -> str:
    return f"archives/{upload_id}.zip"


def file_name(upload_id: object, number: int) -> str:
    return f"{files_prefix(upload_id)}{number}"


def files_prefix(upload_id: object) -> str:
    return f"files/{upload_id}/"
