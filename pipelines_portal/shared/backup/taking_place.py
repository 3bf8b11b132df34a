"""How what a restore has read and checked takes its place: a list of renames, written down first, and the renames.

Drafts lie where a rename is no copy: a database's beside it, the files' inside the storage, which may be a mount. The
list names them as a backup does, so that it holds after DATA_DIR was renamed.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.core.management.base import CommandError

from pipelines_portal.shared.backup.members import STORAGE, STORED
from pipelines_portal.shared.backup.places import EXTERNAL_API, GUIDE, PORTAL, Places, alone, read_places, sync_folder

DRAFT = ".{}.restored"
PARTS = (f"{STORAGE}archives", f"{STORAGE}files")
UNFINISHED = "What a killed restore had checked is not all in its place yet"


def files_of(database: Path) -> list[Path]:
    """It and what SQLite keeps beside it: the log of an old one would be played into a new one."""
    paths = (database.with_name(f"{database.name}{suffix}") for suffix in ("", "-wal", "-shm", "-journal"))
    return [path for path in paths if os.path.lexists(path)]


def require_empty(places: Places) -> None:
    found = [str(path) for database in places.databases.values() for path in files_of(database)]
    if places.storage and _holds_files(places.storage):
        found.append(str(places.storage))
    if found:
        raise CommandError(
            f"This place is not empty: {', '.join(found)}. Nothing was restored. Stop the programs and move that away, "
            "or set DATA_DIR to an empty folder."
        )


def _holds_files(folder: Path) -> bool:
    """Other than drafts of a restore that was killed."""
    draft = folder / DRAFT.format("storage")
    return any(path.is_symlink() or not path.is_dir() for path in folder.rglob("*") if draft not in path.parents)


def moves(places: Places) -> dict[str, tuple[Path, Path]]:
    """By the name in a backup: the draft, and its place."""
    found = {}
    if storage := places.storage:
        draft = storage / DRAFT.format("storage")
        found = {name: (draft / Path(name).name, storage / Path(name).name) for name in PARTS}
    beside = {name: (path.with_name(DRAFT.format(path.name)), path) for name, path in places.databases.items()}
    return found | beside


class Drafts:
    """What is to take its place."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.by_name = {name: draft for name, (draft, _) in moves(places).items() if name not in PARTS}
        self.contents = places.data_dir / DRAFT.format("contents")
        self.storage_was_there = bool(places.storage and places.storage.exists())

    def clear(self) -> None:
        """Also the log of a draft that was being written to."""
        for path in (*(file for draft in self.by_name.values() for file in files_of(draft)), self.contents):
            path.unlink(missing_ok=True)
        if storage := self.places.storage:
            shutil.rmtree(storage / DRAFT.format("storage"), ignore_errors=True)
            if not self.storage_was_there:
                with suppress(OSError):
                    storage.rmdir()

    def path_of(self, name: str) -> Path:
        """Raises CommandError for what has no place here."""
        if name in self.by_name:
            return self.by_name[name]
        if self.places.storage and STORED.fullmatch(name):
            return self.places.storage / DRAFT.format("storage") / name.removeprefix(STORAGE)
        raise CommandError(_no_place_for(name))

    def take_place(self) -> None:
        self.contents.unlink()
        if storage := self.places.storage:  # that it is seen to be the storage, though empty
            (storage / DRAFT.format("storage") / "archives").mkdir(parents=True, exist_ok=True, mode=0o700)
        os.sync()  # once for all: of a hundred thousand files, one by one, it takes a minute
        there = [name for name, (draft, _) in moves(self.places).items() if draft.exists()]
        journal = self.places.journal.with_suffix(".draft")
        with journal.open("w") as out:
            json.dump(there, out)
            out.flush()
            os.fsync(out.fileno())
        journal.rename(self.places.journal)
        sync_folder(self.places.data_dir)
        finish_restoring(self.places)


def _no_place_for(name: str) -> str:
    if name in (PORTAL, EXTERNAL_API):
        return f"The backup holds {name}, and this place keeps that in PostgreSQL. Nothing was restored. {GUIDE}"
    if STORED.fullmatch(name):
        return f"The backup holds {name}, and this place keeps that in a bucket. Nothing was restored. {GUIDE}"
    return f"The file holds {name!r}, which no backup does. Nothing was restored. Take another one."


def require_movable(places: Places) -> None:
    """Nothing can be renamed onto a mount or a link; the whole storage may be either."""
    for name, (_, path) in moves(places).items():
        if name in PARTS and (path.is_symlink() or path.is_mount()):
            raise CommandError(
                f"{path} is a mount or a link of its own. Nothing was restored. Mount the whole storage instead, and "
                "name it in STORAGE_URL."
            )


def finish_a_killed_restore() -> None:
    """Both programs do so before they start, side by side."""
    places = read_places()
    if places.journal.exists():
        with alone(places, wait=True):
            finish_restoring(places)


def finish_restoring(places: Places) -> bool:
    """Of a restore that was killed when everything was checked and not yet in its place. Whether there was one."""
    if not places.journal.exists():
        return False
    with _told():
        for draft, path in _left(places):
            _move(draft, path)
        if places.storage:
            shutil.rmtree(places.storage / DRAFT.format("storage"), ignore_errors=True)
        places.restored.touch(mode=0o600)
        places.journal.unlink()
    return True


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CommandError(
            f"{UNFINISHED}: {error}. Nothing was lost. Mend that, then run manage.py prepare: the rest is done then."
        ) from error


def _left(places: Places) -> list[tuple[Path, Path]]:
    """All of it is looked for before anything moves: the place may be another one by now."""
    known, left = moves(places), []
    for name in _names(places.journal):
        draft, path = known.get(name, (None, None))
        if draft is None or path is None or not (draft.exists() or path.exists()):
            raise CommandError(
                f"{UNFINISHED}, and {draft or name} cannot be found. Nothing was done. Set DATA_DIR, the database URLs "
                f"and STORAGE_URL as they were for the restore; or remove {places.journal} and restore again into an "
                "empty place."
            )
        left.append((draft, path))
    return left


def _names(journal: Path) -> list[str]:
    try:
        return [str(name) for name in json.loads(journal.read_text())]
    except (ValueError, TypeError):
        raise CommandError(f"{UNFINISHED}, and {journal} cannot be read. Nothing was done. {GUIDE}") from None


def _move(draft: Path, path: Path) -> None:
    if not draft.exists():
        return  # before the kill
    if draft.is_dir():
        _make_way(path)
    else:
        _require_nothing_at(path)
    draft.rename(path)
    sync_folder(path.parent)
    if path.is_file() and len(files_of(path)) > 1:
        path.rename(draft)
        _require_nothing_at(path)


def _make_way(folder: Path) -> None:
    if folder.exists() and _holds_files(folder):
        raise CommandError(_in_the_way([folder]))
    if folder.exists():
        shutil.rmtree(folder)  # there are only folders in it


def _require_nothing_at(database: Path) -> None:
    if found := files_of(database):
        raise CommandError(_in_the_way(found))


def _in_the_way(found: list[Path]) -> str:
    return (
        f"{UNFINISHED}, and {', '.join(map(str, found))} stands in its way, made since by somebody else. Nothing was "
        "lost. Stop what still runs there, move that away, then run manage.py prepare: the rest is done then."
    )
