"""Where this machine keeps what is worth keeping, by the environment: it is asked of no program."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import CommandError

from pipelines_portal.shared import environment
from pipelines_portal.shared.backup.at_work import UNFINISHED
from pipelines_portal.shared.env_file import Environment
from pipelines_portal.shared.failed_commands import NO_ROOM

PORTAL, EXTERNAL_API = "portal.sqlite3", "external_api.sqlite3"
GUIDE = "See docs/administrators/backup.md."
POSTGRESQL = "is no file of this machine. Of PostgreSQL, save it with pg_dump -Fc instead, the portal's first"
BUCKET = (
    "The archives and task files are in a bucket, and not in this backup: switch on the bucket's versioning or "
    f"replication instead. {GUIDE}"
)
BUSY = "Another backup or restore is at work here. Nothing was done. Try again when it has ended."


@dataclass(frozen=True)
class Places:
    """`databases` by the name they have in a backup; `storage` is None where it is a bucket."""

    data_dir: Path
    databases: dict[str, Path]
    storage: Path | None
    # What is kept elsewhere: what it is, and what to use instead.
    elsewhere: tuple[str, ...] = ()
    # What the environment names itself, by the name it has there: each must be there.
    named: tuple[tuple[str, Path], ...] = ()
    # The vendor's, say: then there is no External API here.
    calls_another_api: bool = False

    @property
    def journal(self) -> Path:
        """What a restore had left to do when it was killed: see `restoring`."""
        return self.data_dir / UNFINISHED

    @property
    def restored(self) -> Path:
        """Tells the portal's next `prepare` that time has gone back."""
        return self.data_dir / "portal.restored"


def read_places() -> Places:
    env, data_dir = Environment(), Path(settings.DATA_DIR)
    portal = _database(env, "DATABASE_URL", data_dir / PORTAL)
    api = _database(env, "EXTERNAL_API_DATABASE_URL", data_dir / EXTERNAL_API)
    storage = _storage(env.str("STORAGE_URL", default=""), data_dir / "storage")
    found = {name: path for name, path in ((PORTAL, portal), (EXTERNAL_API, api)) if path}
    by_name = {"DATABASE_URL": portal, "EXTERNAL_API_DATABASE_URL": api, "STORAGE_URL": storage}
    named = tuple((name, path) for name, path in by_name.items() if path and env.str(name, default=""))
    return Places(data_dir, found, storage, _elsewhere(portal, api, storage), named, _calls_another_api(env))


def _calls_another_api(env: Environment) -> bool:
    return bool(env.str("PIPELINES_API_URL", default="").strip())


def _elsewhere(portal: Path | None, api: Path | None, storage: Path | None) -> tuple[str, ...]:
    absent = [
        f"The {name} database {POSTGRESQL}: it is not in this backup. {GUIDE}"
        for name, path in (("portal's", portal), ("External API's", api))
        if path is None
    ]
    return (*absent, *(() if storage else (BUCKET,)))


def _database(env: Environment, name: str, default: Path) -> Path | None:
    config = environment.database(env, name, default)
    return Path(config["NAME"]).resolve() if "sqlite" in config["ENGINE"] else None


def _storage(url: str, default: Path) -> Path | None:
    """As the External API reads it: a folder's name stands as it is, its %20 too."""
    if not url:
        return default.resolve()
    parts = urlsplit(url)
    if parts.scheme == "file" and not parts.netloc and parts.path:
        return Path(parts.path).resolve()
    if parts.scheme == "s3" and parts.netloc:
        return None
    raise CommandError(
        "STORAGE_URL must be file:///folder or s3://bucket?endpoint=https://host&region=name. Nothing was done."
    )


@contextmanager
def alone(places: Places, *, wait: bool = False) -> Iterator[None]:
    """One backup or restore at a time. The lock goes with the process, however that ends."""
    with _lock(places.data_dir) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise CommandError(BUSY) from None
        yield


def _lock(folder: Path) -> IO[str]:
    try:
        return (folder / "backup.lock").open("w")
    except OSError as error:
        if error.errno in NO_ROOM:  # of bytes or of files: no other user would find more
            raise
        raise CommandError(f"{error}. Nothing was done. Run this as the user the programs run as.") from error


def sync_folder(folder: Path) -> None:
    """That a name in it is there after a loss of power, too."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
