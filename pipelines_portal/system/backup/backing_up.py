"""Creation of a backup: the portal's database, then that of the External API, then the files. Programs may run."""

import hashlib
import io
import json
import os
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.management.base import CommandError

from pipelines_portal import __version__
from pipelines_portal.core.files import version_of
from pipelines_portal.system.backup.leftovers import working_folder
from pipelines_portal.system.backup.places import (
    EXTERNAL_API,
    MANIFEST,
    STORED,
    Database,
    calls_another_api,
    stored_files,
)
from pipelines_portal.system.backup.signing import sign

FORMAT = 1
# Encrypted with each key, so that a restore can check that it has the key.
PROOF = b"pipelines-portal-backup"
PAGES_A_STEP = 2_000
FIELDS_WITH_FILES = "SELECT fields FROM external_api_task WHERE upload_id IS NOT NULL"


@dataclass
class BackupReport:
    """The contents of a backup. `missing` are files that tasks name and the storage lacks."""

    databases: list[str] = field(default_factory=list)
    files: int = 0
    missing: list[str] = field(default_factory=list)


def back_up(databases: list[Database], storage: Path | None, file: Path, *, partly: bool) -> BackupReport:
    """Write `file`, which exists only once it is complete. Raises CommandError."""
    if file.exists():
        raise CommandError(f"{file} is there already. Name a file that is not there.")
    saved = _find_databases(databases, partly=partly)
    report = BackupReport([each.name for each in saved])
    with working_folder(file, file.parent) as folder:
        part = folder / "part"
        manifest = {
            "format": FORMAT, "version": __version__, "made_at": f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
            "migrations": {each.name: each.migrations() for each in saved},
            "has_storage": storage is not None,
            "proofs": [Fernet(key).encrypt(PROOF).decode() for key in settings.ENCRYPTION_KEYS],
        }  # fmt: skip
        for each in saved:
            _copy(each, folder / each.member)
        with part.open("wb") as out:
            with tarfile.open(fileobj=out, mode="w:gz" if file.suffix in (".gz", ".tgz") else "w") as tar:
                hashes: dict[str, str] = {}
                for each in saved:
                    with (folder / each.member).open("rb") as copy:
                        hashes[each.member] = _add(tar, each.member, copy)
                manifest["archives"] = _add_files(tar, storage, report, hashes) if storage else {}
                manifest["sha256"] = hashes
                if storage:
                    report.missing = [
                        name for each in saved if each.name == EXTERNAL_API for name in missing_files(each, storage)
                    ]
                manifest["missing"] = report.missing
                # The last member, so that a truncated tar has none.
                text = json.dumps(sign(manifest)).encode()
                info = tarfile.TarInfo(MANIFEST)
                info.size, info.mode = len(text), 0o600
                tar.addfile(info, io.BytesIO(text))
            out.flush()
            os.fsync(out.fileno())
        part.chmod(0o600)
        part.rename(file)
    _sync(file.parent)
    return report


def _find_databases(databases: list[Database], *, partly: bool) -> list[Database]:
    here = [each for each in databases if each.exists()]
    for each in databases:
        may_be_elsewhere = partly or (each.name == EXTERNAL_API and calls_another_api())
        if each not in here and not may_be_elsewhere:
            raise CommandError(
                f"{each.path} is not there. Nothing was saved. Mount it, or set DATA_DIR as the programs have it. If "
                "this machine has only the other database, give --partly."
            )
    if not here:
        raise CommandError("There is no database here to save. Nothing was saved.")
    for each in here:
        if not each.tables():
            raise CommandError(f"The database {each.name} has no tables. Nothing was saved. Is it the right one?")
    return here


def _copy(source: Database, target: Path) -> None:
    if not source.is_file:
        source.run_client("pg_dump", "--format=custom", f"--file={target}")
        return
    with (
        closing(sqlite3.connect(source.path, timeout=20, isolation_level=None)) as live,
        closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        # Without a transaction, SQLite would restart the copy after each write of other connections.
        live.execute("BEGIN")
        live.execute("SELECT count(*) FROM sqlite_master").fetchone()
        # A signal is handled only in Python code, so here between two steps.
        live.backup(copy, pages=PAGES_A_STEP, progress=lambda *progress: None)
        copy.execute("PRAGMA journal_mode=DELETE")
        found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise CommandError(f"The database {source.path} is damaged: {found}. Nothing was saved.")


def _add_files(tar: tarfile.TarFile, storage: Path, report: BackupReport, hashes: dict[str, str]) -> dict[str, str]:
    """Return the version of each archive, by which the External API recognizes the confirmed one."""
    versions = {}
    for name, path in stored_files(storage):
        try:
            with path.open("rb") as content:
                hashes[name] = _add(tar, name, content)
                if "/archives/" in name:
                    versions[name] = version_of(os.fstat(content.fileno()))
        except FileNotFoundError:  # an archive whose upload ended just now
            continue
        report.files += 1
    return versions


class _HashingReader:
    """A file whose bytes are hashed as they are read."""

    def __init__(self, content: io.BufferedReader) -> None:
        self._content, self.sha256 = content, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._content.read(size)
        self.sha256.update(data)
        return data


def _add(tar: tarfile.TarFile, name: str, content: io.BufferedReader) -> str:
    """Return the SHA-256 of what was added."""
    info = tar.gettarinfo(arcname=name, fileobj=content)
    info.mode, info.uid, info.gid, info.uname, info.gname = 0o600, 0, 0, "", ""
    reader = _HashingReader(content)
    tar.addfile(info, reader)
    return reader.sha256.hexdigest()


def missing_files(api: Database, storage: Path) -> Iterator[str]:
    """Yield files that tasks name and the storage lacks. A file is stored before its task and deleted after it."""
    with api.connection.chunked_cursor() as cursor:
        cursor.execute(FIELDS_WITH_FILES)
        for (fields,) in cursor:
            for name in objects_in(fields):
                if not (storage / name).is_file():
                    yield name


def objects_in(fields: str | dict[str, Any]) -> Iterator[str]:
    """Yield the names of the stored files in the fields of a task, which may be JSON."""
    for value in (json.loads(fields) if isinstance(fields, str) else fields).values():
        is_file = isinstance(value, dict) and value.keys() == {"path", "object"}
        name = value["object"] if is_file else None
        if isinstance(name, str) and STORED.fullmatch(f"storage/{name}"):
            yield name


def _sync(folder: Path) -> None:
    """Flush the folder, so that the rename is on the disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
