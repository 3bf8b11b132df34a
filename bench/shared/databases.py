"""Databases for benches that run in their own process: SQLite, and PostgreSQL if an environment variable names one."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from shared.programs import PROJECT

SERVER = "TEST_POSTGRES_URL"


def run_on_each(folder: Path, script: str, **env: str) -> Iterator[bool]:
    """Run `script --here` for each database in its own process, since Django has one. Yield whether it succeeded."""
    urls = {"SQLite": f"sqlite:///{folder}/portal.sqlite3"}
    with postgresql_database() as url:
        for name, database in (urls | ({"PostgreSQL": url} if url else {})).items():
            print(f"== {name}", flush=True)
            variables = os.environ | {"DATA_DIR": str(folder), "DATABASE_URL": database} | env
            yield subprocess.run([sys.executable, script, "--here"], env=variables, check=False).returncode == 0


@contextmanager
def postgresql_database() -> Iterator[str]:
    """Make a database on the server, and yield its URL; nothing without a server."""
    if not (server := os.environ.get(SERVER)):
        yield ""
        return
    import psycopg

    name = f"bench_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        try:
            yield f"{server.rpartition('/')[0]}/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def set_up_portal() -> None:
    """Set up Django for the portal with the database that the environment names, and create the tables."""
    sys.path.insert(0, str(PROJECT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "pipelines_portal.settings.portal"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("prepare", stdout=sys.stderr)


def make_owner_and_key() -> tuple[Any, Any]:
    """Create a person and an organization key of theirs. Call after `set_up_portal`."""
    from pipelines_portal.accounts.models import User
    from pipelines_portal.keys.models import SavedKey

    person = User.objects.create(email="person@bench.example")
    key = SavedKey(owner=person, name="Bench")
    key.encrypt("key-of-the-bench")
    key.save()
    return person, key
