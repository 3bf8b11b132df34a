"""Check of a backup: it is whole, its databases are readable, and which files that tasks name are missing from it."""

import os
import re
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from django.core.management.base import CommandError

from pipelines_portal.system.backup.backing_up import FIELDS_WITH_FILES, objects_in
from pipelines_portal.system.backup.leftovers import working_folder
from pipelines_portal.system.backup.places import EXTERNAL_API, PORTAL, STORED
from pipelines_portal.system.backup.reading import DATABASE, extract, load_manifest, opened_backup, read_manifest
from pipelines_portal.system.backup.signing import is_signed

UNUSABLE = "It can't be restored."
PEOPLE, TASKS = "accounts_user", "external_api_task"
COUNT_PEOPLE, COUNT_TASKS = "SELECT count(*) FROM accounts_user", "SELECT count(*) FROM external_api_task"
# In the output of pg_restore: a table with its columns, then a row a line until `\.`.
COPY = re.compile(rf"COPY (?:\S+\.)?({PEOPLE}|{TASKS}) \((.+)\) FROM stdin;")
ESCAPED, ESCAPES = re.compile(r"\\(.)"), {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


@dataclass
class Contents:
    """What a backup contains. `tasks` or `people` is None if their database is not in it.

    `missing` are files that tasks name and the backup lacks.
    """

    made_at: str
    files: int
    tasks: int | None = None
    people: int | None = None
    objects: set[str] = field(default_factory=set)
    missing: list[str] = field(default_factory=list)
    is_signed: bool = True

    def __str__(self) -> str:
        counts = [(self.tasks, "task", "tasks"), (self.people, "person", "people"), (self.files, "file", "files")]
        said = ", ".join(f"{count:,} {one if count == 1 else many}" for count, one, many in counts if count is not None)
        effect = "It can be restored, but lacks files." if self.missing else "It can be restored."
        unsigned = "" if self.is_signed else " It has no signature: restore it with --unsigned."
        return f"made {self.made_at} UTC: {said}. {effect}{unsigned}"


def check_backup(file: Path) -> Contents:
    """Return the contents of the backup `file`. Raises CommandError if it could not be restored."""
    with opened_backup(file, UNUSABLE) as tar:
        manifest, members, _ = read_manifest(tar, UNUSABLE, although_unsigned=True)
        stored = {name.removeprefix("storage/") for name in members if STORED.fullmatch(name)}
        contents = Contents(manifest["made_at"], len(stored), is_signed=is_signed(manifest))
        place = file.parent if os.access(file.parent, os.W_OK) else None
        with working_folder(file, place) as folder:
            for name, member in members.items():
                if DATABASE.fullmatch(name):
                    copy = folder / name
                    extract(tar, member, copy)
                    _read(copy, contents)
                    copy.unlink()
    if manifest.get("has_storage", bool(stored)):
        contents.missing = sorted(contents.objects - stored)
    return contents


def has_all_files(file: Path) -> bool:
    """Return whether the backup is readable and was made with every file that tasks name."""
    try:
        with opened_backup(file, UNUSABLE) as tar:
            missing = load_manifest(tar, UNUSABLE).get("missing")
        # Earlier versions did not store what is missing.
        return not (check_backup(file).missing if missing is None else missing)
    except CommandError:
        return False


def _read(copy: Path, contents: Contents) -> None:
    read = _read_sqlite if copy.suffix == ".sqlite3" else _read_dump
    try:
        read(copy, contents)
    except (sqlite3.Error, ValueError) as error:
        raise CommandError(f"{copy.name} in the backup can't be read: {error}. {UNUSABLE}") from error


def _read_sqlite(copy: Path, contents: Contents) -> None:
    with closing(sqlite3.connect(copy)) as database:
        found = database.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise CommandError(f"{copy.name} in the backup is damaged: {found}. {UNUSABLE}")
        if copy.stem == PORTAL:
            (contents.people,) = database.execute(COUNT_PEOPLE).fetchone()
        if copy.stem == EXTERNAL_API:
            (contents.tasks,) = database.execute(COUNT_TASKS).fetchone()
            for (fields,) in database.execute(FIELDS_WITH_FILES):
                contents.objects.update(objects_in(fields))


def _read_dump(copy: Path, contents: Contents) -> None:
    """Read the whole dump, since its table of contents stands before the data and would hide that some is missing."""
    counts = {PORTAL: PEOPLE, EXTERNAL_API: TASKS}
    count = 0
    for table, row in _rows(_sql(copy)):
        count += table == counts[copy.stem]
        if table == TASKS and row["upload_id"] != r"\N":
            contents.objects.update(objects_in(_unescape(row["fields"])))
    if copy.stem == PORTAL:
        contents.people = count
    else:
        contents.tasks = count


def _sql(dump: Path) -> Iterator[str]:
    with tempfile.TemporaryFile("w+") as errors:
        arguments = ["pg_restore", "--file=-", str(dump)]
        try:
            process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=errors)
        except OSError:
            raise CommandError(
                "pg_restore isn't installed here. Install PostgreSQL's client programs to check the backup."
            ) from None
        with process:
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            # In binary, a line ends with a line feed only. Names of files are ASCII in every encoding.
            yield from (line.decode("utf-8", "replace") for line in process.stdout)
        if process.returncode:
            errors.seek(0)
            raise CommandError(f"pg_restore can't read {dump.name}: {errors.read().strip()}. {UNUSABLE}")


def _rows(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the rows of the two tables, with the escapes of COPY."""
    for line in lines:
        if found := COPY.fullmatch(line.rstrip("\n")):
            columns = [name.strip('" ') for name in found[2].split(",")]
            for row in iter(lambda: next(lines).rstrip("\n"), r"\."):
                yield found[1], dict(zip(columns, row.split("\t"), strict=True))


def _unescape(text: str) -> str:
    return ESCAPED.sub(lambda found: ESCAPES.get(found[1], found[1]), text)
