"""The places that a backup reads and a restore fills: the two databases and the storage."""

import os
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import CommandError
from django.db.utils import ConnectionHandler
from psycopg.conninfo import make_conninfo

from pipelines_portal.core.environment import Environment, database, runs_own_api

PORTAL, EXTERNAL_API = "portal", "external_api"
VARIABLES = {PORTAL: "DATABASE_URL", EXTERNAL_API: "EXTERNAL_API_DATABASE_URL"}
# The names of files in a storage. Nothing else is saved or restored.
STORED = re.compile(r"storage/(archives/[\w-]+\.zip|files/[\w-]+/\d+)")
MANIFEST = "manifest.json"


class Database:
    """The database of one of the programs. `connection` is Django's, and connects on first use."""

    def __init__(self, name: str) -> None:
        file = Path(settings.DATA_DIR) / f"{name}.sqlite3"
        handler = ConnectionHandler({"default": database(Environment(), VARIABLES[name], file)})
        self.name, self.connection = name, handler["default"]
        self.is_file = self.connection.vendor == "sqlite"
        self.path = Path(self.connection.settings_dict["NAME"])
        # Its name in a backup.
        self.member = f"{name}.{'sqlite3' if self.is_file else 'dump'}"

    def exists(self) -> bool:
        return not self.is_file or self.path.exists()

    def files(self) -> list[Path]:
        """Return the files of SQLite that exist. It would apply the log of an old database to a new one."""
        if not self.is_file:
            return []
        files = [Path(f"{self.path}{suffix}") for suffix in ("", "-wal", "-shm", "-journal")]
        return [file for file in files if file.exists()]

    def is_used(self) -> bool:
        """Return True if there are tables or files."""
        return bool(self.files() if self.is_file else self.tables())

    def is_open(self) -> bool:
        """Return True if a program has SQLite's file open: another one can't lock it exclusively then."""
        if not self.is_file or not self.path.exists():
            return False
        with closing(sqlite3.connect(self.path, timeout=0)) as own:
            try:
                own.execute("PRAGMA locking_mode=EXCLUSIVE")
                own.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError:
                return True
            except sqlite3.DatabaseError:  # damaged, so that nothing works with it
                return False
            return False

    def tables(self) -> list[str]:
        return list(self.connection.introspection.table_names())

    def migrations(self) -> list[str]:
        if "django_migrations" not in self.tables():
            return []
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations")
            return [f"{app}.{migration}" for app, migration in cursor.fetchall()]

    def run_client(self, program: str, *arguments: str) -> None:
        """Run PostgreSQL's `pg_dump` or `pg_restore` on this database. The password is in no argument."""
        self.connection.ensure_connection()
        info = self.connection.connection.info
        env = os.environ | {"PGPASSWORD": info.password}
        _require_version(program, env, server=info.server_version // 10_000)
        if role := self.connection.settings_dict["OPTIONS"].get("assume_role"):
            arguments = (*arguments, f"--role={role}")
        address = make_conninfo(**info.get_parameters())
        process = subprocess.run([program, *arguments, f"--dbname={address}"], env=env, capture_output=True, text=True)
        if process.returncode:
            raise CommandError(f"{program} failed for the database {self.name}: {process.stderr.strip()}")


def _require_version(program: str, env: dict[str, str], *, server: int) -> None:
    try:
        said = subprocess.run([program, "--version"], env=env, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        raise CommandError(
            f"{program} isn't installed here. Install PostgreSQL's client programs, version {server} or later."
        ) from None
    found = re.search(r"\) (\d+)", said)
    client = int(found[1]) if found else 0
    if client < server:
        raise CommandError(
            f"{program} is version {client}, and the server is version {server}. Install the client programs of "
            f"version {server} or later, and put their folder first in PATH."
        )


def storage_folder() -> Path | None:
    """Return the folder of the embedded storage, or None if the files are in a bucket."""
    url = Environment().str("STORAGE_URL", default="")
    parts = urlsplit(url)
    if parts.scheme == "s3":
        return None
    return Path(parts.path) if url else Path(settings.DATA_DIR) / "storage"


def stored_files(storage: Path) -> Iterator[tuple[str, Path]]:
    """Yield each file with its name in a backup. Archives come first, since they are short-lived."""
    for pattern in ("archives/*", "files/*/*"):
        for path in storage.glob(pattern):
            name = f"storage/{path.relative_to(storage).as_posix()}"
            if STORED.fullmatch(name) and path.is_file():
                yield name, path


def calls_another_api() -> bool:
    return not runs_own_api(Environment())


@contextmanager
def opened_databases() -> Iterator[list[Database]]:
    """Yield the portal's database first, so that the later copy of the API's has all that the portal knows."""
    databases = [Database(PORTAL), Database(EXTERNAL_API)]
    try:
        yield databases
    finally:
        for each in databases:
            each.connection.close()
