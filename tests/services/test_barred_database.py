"""PostgreSQL answers and bars the program, as a standby or for a slip in its URL: none ends, and each says why."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests import starting
from tests.external_api.server import SETTINGS
from tests.live import external_api, wait_until
from tests.services.external_api.urls import SERVICES
from tests.services.programs.test_failed_commands import said
from tests.services.test_locked_database import logged

PORTAL = "pipelines_portal.settings"
VARIABLES = {PORTAL: "DATABASE_URL", SETTINGS: "EXTERNAL_API_DATABASE_URL"}


class Barred:
    """A database, and a role that works in it and owns nothing there."""

    def __init__(self, server: str) -> None:
        self.name, self.server = f"barred_{uuid4().hex}", server
        self.owners = f"{server}/{self.name}"
        self.url = f"postgres://{self.name}@{server.rpartition('@')[2]}/{self.name}"

    def make(self) -> None:
        self.ask("postgres", f"CREATE DATABASE {self.name}", f"CREATE ROLE {self.name} LOGIN")

    def remove(self) -> None:
        self.ask("postgres", f"DROP DATABASE {self.name} WITH (FORCE)", f"DROP ROLE {self.name}")

    def allow(self) -> None:
        kinds = ("TABLES", "SEQUENCES")
        self.ask(self.name, *(f"GRANT ALL ON ALL {kind} IN SCHEMA public TO {self.name}" for kind in kinds))

    def let_it_read_only(self) -> None:
        self.ask("postgres", f"ALTER ROLE {self.name} SET default_transaction_read_only = on")

    def forbid(self) -> None:
        """Which is said where a server may be written."""
        self.ask("postgres", f"ALTER ROLE {self.name} RESET default_transaction_read_only")
        kinds = ("TABLES", "SEQUENCES")
        self.ask(self.name, *(f"REVOKE ALL ON ALL {kind} IN SCHEMA public FROM {self.name}" for kind in kinds))

    def ask(self, database: str, *statements: str) -> None:
        with psycopg.connect(f"{self.server}/{database}", autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


@pytest.fixture
def server() -> str:
    if "TEST_POSTGRES_URL" not in SERVICES:
        pytest.fail("TEST_POSTGRES_URL is not set, and bin/test-services has not been run.")
    return SERVICES["TEST_POSTGRES_URL"].rpartition("/")[0]


@pytest.fixture
def barred(server: str) -> Iterator[Barred]:
    database = Barred(server)
    database.make()
    yield database
    database.remove()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgres?sslmode=bogus", "invalid sslmode value"), ("postgres?service=none", "definition of service"),
        ("postgres?options=-c%20nothing=1", "unrecognized configuration parameter"), ("nothing", "does not exist"),
        ("postgres?options=-c%20jit=perhaps", "requires a Boolean value"),
        ("postgres?sslmode=verify-full&sslrootcert=system", "server does not support SSL"),
        ("postgres?assume_role=nobody_here", 'role "nobody_here" does not exist'),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", ["prepare", pytest.param("tidy", marks=pytest.mark.full)])
def test_what_postgresql_will_say_again_ends_it_for_good(
    server: str, tmp_path: Path, command: str, url: str, words: str
) -> None:
    """75 would have systemd try for ever."""
    told = said(tmp_path, command, DATABASE_URL=f"{server}/{url}")
    assert told.startswith("PostgreSQL refuses the program (") and words in told and told.endswith("Then run it again.")


@pytest.mark.full
@pytest.mark.parametrize("settings", [PORTAL, SETTINGS])
def test_commands_say_why_and_workers_go_on(barred: Barred, tmp_path: Path, settings: str) -> None:
    def env(url: str) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), VARIABLES[settings]: url}

    def told(command: str) -> str:
        return said(tmp_path, command, "--settings", settings, **env(barred.url))

    starting.run("manage.py", "prepare", "--settings", settings, env=env(barred.owners))
    barred.allow()
    barred.let_it_read_only()
    assert told("tidy").startswith("The database can only be read (cannot execute ")
    log = tmp_path / "worker.log"
    with logged(log, "run_worker", "--settings", settings, **env(barred.url)) as worker:
        wait_until(lambda: log.read_text().count("read-only transaction); it goes on") > 2, "the worker to wait")
        barred.forbid()
        wait_until(lambda: "permission denied for table" in log.read_text(), "the worker to be refused")
        assert worker.poll() is None
    assert "Traceback" not in log.read_text()
    for command in ("tidy", "prepare"):
        assert told(command).startswith("PostgreSQL refuses the program (permission denied for table ")


@pytest.mark.full
def test_the_api_says_that_nothing_was_done(barred: Barred, tmp_path: Path) -> None:
    """500 would have the portal call an outcome unknown."""
    with external_api(tmp_path, EXTERNAL_API_DATABASE_URL=barred.owners) as running:
        running.manage("load_demo")
        key = running.new_key("Acme Labeling")
    barred.allow()
    barred.let_it_read_only()
    with external_api(tmp_path, EXTERNAL_API_DATABASE_URL=barred.url) as running:
        answer = running.server.post("/workflows/42/tasks", key=key, json={"tasks": [{"fields": {}}]})
    assert (answer.status_code, answer.json()["error"]) == (503, "service_unavailable")
    assert answer.headers["Retry-After"]


def test_no_role_s_own_isolation_is_taken(barred: Barred, tmp_path: Path) -> None:
    """Who waited for a row would be refused it, where it is written to go on with what the other left."""
    barred.ask("postgres", f"ALTER ROLE {barred.name} SET default_transaction_isolation = serializable")
    asked = "from django.db import connection as c; r = c.cursor(); r.execute('SHOW transaction_isolation'); print(*r)"
    env = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "DATABASE_URL": barred.url}
    done = starting.run("manage.py", "shell", "--no-imports", "-c", asked, env=env)
    assert "read committed" in done.stdout
