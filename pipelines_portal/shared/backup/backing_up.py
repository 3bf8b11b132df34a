"""Makes a backup: the portal's database, then the External API's, then the files.

In this order: what the portal knows of was at the API before, so it is in the API's later copy; and what a task of that
copy names is a file that is not deleted any more.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from django.core.management.base import CommandError

from pipelines_portal.shared.backup.about import about
from pipelines_portal.shared.backup.databases import copy_database, migrations_of, names_archives
from pipelines_portal.shared.backup.kept import drafts_in
from pipelines_portal.shared.backup.members import ABOUT, FINGERPRINT, STORAGE, Writer, writing
from pipelines_portal.shared.backup.places import EXTERNAL_API, Places, alone, sync_folder
from pipelines_portal.shared.backup.stored_files import held_archives, hold, strays, task_files
from pipelines_portal.shared.file_versions import version_of

NOT_HERE = (
    "{} is not there, and the other database is. Nothing was saved. Mount it, or set DATA_DIR as the programs have it. "
    "Before the vendor's API, PIPELINES_API_URL says so; where this machine keeps only the other one, give --partly."
)
NO_TABLES = (
    "{} holds no tables: it is no database of a program. Nothing was saved. Restore it, or run manage.py prepare where "
    "it was never used."
)
PACKED = (".gz", ".tgz")


@dataclass
class Made:
    """What a backup holds, for whoever made it to read."""

    databases: list[str] = field(default_factory=list)
    files: int = 0
    size: int = 0
    # Names in the storage that a restore would not take.
    left_out: int = 0


def back_up(places: Places, file: Path, *, partly: bool = False) -> Made:
    """`file` is there when it is whole, and not before. `partly`: one of the databases may be missing. Raises
    CommandError.
    """
    _require_something(places)
    if not partly:
        _require_both(places)
    with alone(places), _draft(file) as folder, held_archives(places.storage) as archives:
        made = Made()
        databases = _copied(places, folder)
        _require_storage(places, folder / EXTERNAL_API)
        with _new(folder / "draft") as out, _new(folder / "contents") as contents:
            with writing(out, contents, packed=file.suffix in PACKED) as writer:
                said = about({one.name: migrations_of(one) for one in databases})
                writer.add_text(ABOUT, said.model_dump_json(indent=1))
                _add_databases(writer, databases, made)
                if places.storage and archives:
                    _add_files(writer, places.storage, archives, made)
            out.flush()
            os.fsync(out.fileno())
        made.size = (folder / "draft").stat().st_size
        (folder / "draft").rename(file)
        sync_folder(file.parent)
        return made


def _require_something(places: Places) -> None:
    if places.journal.exists():
        raise CommandError(
            "A restore was killed here, and what it restored is not all in its place yet. Nothing was saved. Run "
            "manage.py prepare: it is finished then. Then try again."
        )
    if absent := [f"{path} ({name})" for name, path in places.named if not path.exists()]:
        raise CommandError(
            f"What is set is not there: {', '.join(absent)}. Nothing was saved. Correct the setting or mount it; make "
            "the folder where nothing was sent to the storage yet."
        )
    if not any(path.exists() for path in places.databases.values()):
        raise CommandError(" ".join(("There is no database here to save. Nothing was saved.", *places.elsewhere)))


def _require_both(places: Places) -> None:
    """Where one is there, the place is in use. The External API's may be missing where another API is called."""
    for name, path in places.databases.items():
        if path.exists() or (name == EXTERNAL_API and places.calls_another_api):
            continue
        raise CommandError(NOT_HERE.format(path))


@contextmanager
def _draft(file: Path) -> Iterator[Path]:
    """Beside `file`: a rename is no copy. What a killed one left, by the same name or by a number, is removed."""
    folder = file.with_name(f".{file.name}.draft")
    try:
        if file.exists():
            raise CommandError(f"{file} is there already. Nothing was saved. Name a file that is not there.")
        for left in (folder, *drafts_in(file.parent)):
            shutil.rmtree(left, ignore_errors=True)
        folder.mkdir(mode=0o700)
        yield folder
    except OSError as error:
        raise CommandError(
            f"The backup could not be written: {error}. Nothing was saved; {file} is not there."
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _new(path: Path) -> IO[bytes]:
    return open(path, "w+b", opener=lambda name, flags: os.open(name, flags, 0o600))


def _copied(places: Places, folder: Path) -> list[Path]:
    copies = []
    for name, path in places.databases.items():
        if path.exists():
            copy_database(path, folder / name)
            if not migrations_of(folder / name):
                raise CommandError(NO_TABLES.format(path))
            copies.append(folder / name)
    return copies


def _require_storage(places: Places, database: Path) -> None:
    """Its folders stay when the last file has gone: without them it is another place, a mount that is not there."""
    storage = places.storage
    if storage is None or not database.exists() or any((storage / name).is_dir() for name in ("archives", "files")):
        return
    if names_archives(database):
        raise CommandError(
            f"The External API has taken in archives, and {storage} holds nothing of any. Nothing was saved. Mount it, "
            "or correct STORAGE_URL; where it is lost, make the folder archives in it."
        )


def _add_databases(writer: Writer, databases: list[Path], made: Made) -> None:
    for database in databases:
        with database.open("rb") as file:
            writer.add(database.name, file)
        database.unlink()  # its room is for the next
        made.databases.append(database.name)


def _add_files(writer: Writer, storage: Path, archives: Path, made: Made) -> None:
    hold(storage, archives)
    for archive in archives.iterdir():
        with archive.open("rb") as file:
            version = {FINGERPRINT: version_of(os.fstat(file.fileno()))}
            writer.add(f"{STORAGE}archives/{archive.name}", file, **version)
        made.files += 1
    made.left_out = strays(storage)
    for path in task_files(storage):
        if path is None:
            made.left_out += 1
            continue
        # One that goes between the look and the reading belonged to no task.
        with suppress(FileNotFoundError), path.open("rb") as file:
            writer.add(f"{STORAGE}{path.relative_to(storage)}", file)
            made.files += 1
