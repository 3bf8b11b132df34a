"""Another program locks SQLite for longer than ours wait: they keep running, answer 503 and log what they wait for."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree

import pytest
import requests

from tests import starting
from tests.external_api.server import SETTINGS
from tests.live import PORTAL_SETTINGS, ExternalApi, Portal, end, external_api, portal, prepared, wait_until

pytestmark = pytest.mark.sqlite
ORGANIZATION = "Acme Labeling"
WAITED = "waited for the database in vain (database is locked); it goes on"
LOCKING = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1], isolation_level=None, timeout=10) as database:
    database.execute("BEGIN IMMEDIATE")
    print("locked", flush=True)
    sys.stdin.read()
"""


@contextmanager
def locked(file: Path) -> Iterator[None]:
    holder = subprocess.Popen([sys.executable, "-c", LOCKING, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == b"locked\n"
        yield
    finally:
        holder.communicate()


def impatient(file: Path) -> str:
    return f"sqlite:///{file}?timeout=1"


@contextmanager
def logged(log: Path, *command: str, **env: str) -> Iterator[starting.Process]:
    with log.open("wb") as out:
        process = starting.start("manage.py", *command, env=os.environ | env, output=out.fileno(), errors=out.fileno())
    try:
        yield process
    finally:
        end(process)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ExternalApi]:
    folder = Path(copytree(prepared(SETTINGS), tmp_path / "api"))
    with external_api(folder, EXTERNAL_API_DATABASE_URL=impatient(folder / "external_api.sqlite3")) as running:
        running.manage("load_demo")
        yield running


@pytest.fixture
def running(api: ExternalApi, tmp_path: Path) -> Iterator[Portal]:
    folder = Path(copytree(prepared(PORTAL_SETTINGS), tmp_path / "portal"))
    with portal(folder, api.url, DATABASE_URL=impatient(folder / "portal.sqlite3")) as found:
        yield found


def test_the_api_and_its_worker_live_on(api: ExternalApi, tmp_path: Path) -> None:
    """The demo in the worker too."""
    log, key = tmp_path / "worker.log", api.new_key(ORGANIZATION)
    options = ("--demo", ORGANIZATION, "--demo-seconds", "0.1", "--settings", SETTINGS)
    with logged(log, "run_worker", *options, **api.env) as worker:
        wait_until(lambda: "Starting worker" in log.read_text(), "the worker to start")
        with locked(tmp_path / "api" / "external_api.sqlite3"):
            answer = api.server.post("/workflows/42/tasks", key=key, json={"tasks": [{"fields": {}}]})
            said = ("The job queue", "A step of the demo was skipped", "The worker's upkeep")
            wait_until(lambda: all(words in log.read_text() for words in said), "every part of the worker to wait")
        assert (answer.status_code, answer.json()["error"]) == (503, "service_unavailable")
        assert answer.headers["Retry-After"]
        assert f"The job queue {WAITED}" in log.read_text()
        api.run("wait_for_a_worker", seconds=30)
        assert api.server.get("/workflows/42", key=key).status_code == 200
        assert worker.poll() is None
    assert "Traceback" not in log.read_text() + api.server.output()


def test_the_portal_and_its_worker_live_on(running: Portal, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    running.run("make_person", email="ana@example.com", password="right-Horse-7")
    with logged(log, "run_worker", **running.env) as worker:
        wait_until(lambda: "Starting worker" in log.read_text(), "the worker to start")
        with locked(tmp_path / "portal" / "portal.sqlite3"):
            answer = refused_sign_in(running.url)
            wait_until(lambda: f"The job queue {WAITED}" in log.read_text(), "the worker to wait")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert "The portal is busy" in answer.text
        running.sign_in("ana@example.com", "right-Horse-7")
        assert worker.poll() is None
    assert "Traceback" not in log.read_text() + running.log.read_text()


def refused_sign_in(url: str) -> requests.Response:
    session = requests.Session()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', session.get(f"{url}/sign-in/", timeout=10).text)
    form = {"username": "ana@example.com", "password": "wrong", "csrfmiddlewaretoken": token[1] if token else ""}
    return session.post(f"{url}/sign-in/", data=form, headers={"Referer": url}, timeout=30)
