"""New databases, in SQLite's files or in a PostgreSQL of one's own, thrown away at the end."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parents[2]
# The environment of a program whose database is `name`.
NewDatabase = Callable[[str], dict[str, str]]
VARIABLES = ("DATABASE_URL", "EXTERNAL_API_DATABASE_URL")


@contextmanager
def sqlite(folder: Path) -> Iterator[NewDatabase]:
    yield lambda name: dict.fromkeys(VARIABLES, f"sqlite:///{folder}/{name}.sqlite3")


@contextmanager
def postgresql(folder: Path) -> Iterator[NewDatabase]:
    """Started by bin/test-services, as root, where none is running."""
    services = folder / "services"
    env = os.environ | {"TEST_SERVICES_DIR": str(services)}
    subprocess.run([ROOT / "bin" / "test-services"], env=env, check=True, stdout=subprocess.DEVNULL)
    server = dict(line.split("=", 1) for line in (services / "env").read_text().splitlines())["TEST_POSTGRES_URL"]
    try:
        yield lambda name: _created(server, name)
    finally:
        subprocess.run([ROOT / "bin" / "test-services", "stop"], env=env, check=True)


def _created(server: str, name: str) -> dict[str, str]:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return dict.fromkeys(VARIABLES, f"{server.rsplit('/', 1)[0]}/{name}")


DATABASES = {"SQLite": sqlite, "PostgreSQL": postgresql}
