"""Puts a backup into an empty place. All of it is read and checked beside that place before anything takes it.

What is left to do then is a few renames. They are written down first: whoever comes after a kill (`prepare`, before
each start, or another restore) makes those that are missing.
"""

import hashlib
import io
import lzma
import os
import shutil
import sqlite3
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.core.management.base import CommandError
from pydantic import ValidationError

from pipelines_portal.shared.backup.about import FORMAT, About, Head, keys_missing, unknown_migrations
from pipelines_portal.shared.backup.at_work import programs_kept_out
from pipelines_portal.shared.backup.databases import opened, require_whole
from pipelines_portal.shared.backup.members import (
    ABOUT,
    CHUNK,
    CONTENTS,
    FINGERPRINT,
    STORAGE,
    Hashed,
    line,
    members,
    reading,
)
from pipelines_portal.shared.backup.places import EXTERNAL_API, Places, alone
from pipelines_portal.shared.backup.taking_place import Drafts, finish_restoring, require_empty, require_movable
from pipelines_portal.shared.file_versions import version_of

NOT_WHOLE = "{} is no whole backup: {}. Nothing was restored. Take another one."


@dataclass
class Restored:
    about: About
    files: int


def restore(places: Places, file: Path, *, without_keys: bool = False) -> Restored:
    """Raises CommandError, and then nothing has changed."""
    with alone(places), programs_kept_out(places.data_dir):
        _require_no_other(places, file)
        require_movable(places)
        require_empty(places)
        drafts = Drafts(places)
        drafts.clear()
        try:
            restored = _unpacked(file, drafts, without_keys=without_keys)
        except BaseException:
            drafts.clear()
            raise
        drafts.take_place()
        return restored


def _require_no_other(places: Places, file: Path) -> None:
    if finish_restoring(places):
        raise CommandError(
            "An earlier restore was killed when all of it was checked. It is finished now: what it restored is in its "
            f"place, and {file} was not looked at. Start the programs; or, for {file} instead, move that away first."
        )


def _unpacked(file: Path, drafts: Drafts, *, without_keys: bool) -> Restored:
    with _told(file), reading(file) as tar:
        each = members(tar)
        found, first = _about(next(each, None))
        _require_known(found)
        if not without_keys:
            _require_keys(found)
        files = _write_all(each, drafts, first)
    for draft in drafts.by_name.values():
        if draft.exists():
            require_whole(draft)
    return Restored(found, files)


@contextmanager
def _told(file: Path) -> Iterator[None]:
    """Faults of the file and of the disk, in a sentence."""
    try:
        yield
    except (tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, ValueError) as error:
        why = "it does not begin as one does" if isinstance(error, ValidationError) else str(error)
        raise CommandError(NOT_WHOLE.format(file, why or "it ends too early")) from error
    except OSError as error:
        raise CommandError(f"The backup could not be restored: {error}. Nothing was changed.") from error


def _about(first: tuple[tarfile.TarInfo, IO[bytes]] | None) -> tuple[About, str]:
    """And its line in the list of contents."""
    if first is None or first[0].name != ABOUT:
        raise tarfile.ReadError("it does not begin as one does")
    text = first[1].read(CHUNK * 16)
    if Head.model_validate_json(text).format > FORMAT:
        raise CommandError(
            "A later version made this backup, in a format unknown here. Nothing was restored. Update first."
        )
    found = About.model_validate_json(text)
    return found, line(hashlib.sha256(text).hexdigest(), ABOUT) if found.format > 1 else ""


def _require_known(found: About) -> None:
    if unknown := unknown_migrations(found):
        raise CommandError(
            f"This backup is of version {found.version}, whose databases are ahead of this program ({unknown[0]} is "
            "unknown here). Nothing was restored. Restore it with that version or a later one."
        )


def _require_keys(found: About) -> None:
    if missing := keys_missing(found):
        raise CommandError(
            f"{missing} of the encryption keys that this backup was made with ({len(found.proofs)}) cannot be found "
            "among those at hand: saved keys and what was sent could not be read. Nothing was restored. Set "
            "ENCRYPTION_KEYS, or put the file portal.encryption_keys of the old place into DATA_DIR; or give "
            "--without-keys to restore what can be read without."
        )


def _write_all(each: Iterator[tuple[tarfile.TarInfo, IO[bytes]]], drafts: Drafts, first: str) -> int:
    """All members, and then whether they are what the list of contents says."""
    files, versions, is_listed = 0, {}, False
    with drafts.contents.open("w+b") as written:
        written.write(first.encode())
        for member, content in each:
            if is_listed := member.name == CONTENTS:
                _require_same(written, content)
                continue
            path = drafts.path_of(member.name)
            written.write(line(_write(path, content, member.mtime), member.name).encode())
            files += member.name.startswith(STORAGE)
            if version := member.pax_headers.get(FINGERPRINT):
                versions[version] = version_of(path.stat())
    if not is_listed:
        raise tarfile.ReadError("it ends too early")
    _rename_versions(drafts, versions)
    return files


def _require_same(written: io.BufferedRandom, listed: IO[bytes]) -> None:
    written.seek(0)
    while ours := written.read(CHUNK):
        if ours != listed.read(len(ours)):
            raise tarfile.ReadError("what it holds is not what was saved")
    if listed.read(1):
        raise tarfile.ReadError("something of it is missing")


def _write(path: Path, content: IO[bytes], mtime: float) -> str:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    hashed = Hashed(content)
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as out:
        shutil.copyfileobj(hashed, out, CHUNK)
    os.utime(path, (mtime, mtime))
    return hashed.sha256.hexdigest()


def _rename_versions(drafts: Drafts, versions: dict[str, str]) -> None:
    """Archives that were confirmed and not worked through: they are other files now, and still the ones confirmed."""
    database = drafts.by_name.get(EXTERNAL_API)
    if not versions or database is None or not database.exists():
        return
    sql = "UPDATE external_api_upload SET archive_fingerprint = ? WHERE archive_fingerprint = ?"
    with opened(database) as connection:
        try:
            connection.executemany(sql, [(new, old) for old, new in versions.items()])
        except sqlite3.DatabaseError as error:
            raise CommandError(
                f"The database of the External API is damaged: {error}. Nothing was restored."
            ) from error
