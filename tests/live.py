"""The programs as they run in earnest, each in a process of its own: External API, its worker, portal, its worker."""

import json
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from functools import cache
from pathlib import Path
from shutil import copytree
from typing import Any

import requests

from tests import databases, starting
from tests.calling import Inside
from tests.external_api.server import SETTINGS, Server, free_port, manage, serve

START_SECONDS = 120
PORTAL_SETTINGS = "pipelines_portal.settings.portal"
# In what `prepare` made: the database to begin with, where that is no file.
TEMPLATE = "template"


@cache
def prepared(settings: str) -> Path:
    """What `prepare` makes in a new data folder, to be copied: that takes seconds, and is done once a run."""
    place = Path(os.environ.get("TESTS_FOLDER") or tempfile.mkdtemp())
    with (place / f"{settings}.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not (made := place / settings).exists():
            _prepare(settings, folder := Path(tempfile.mkdtemp(dir=place)))
            folder.rename(made)
    return made


def _prepare(settings: str, folder: Path) -> None:
    database = databases.url_in(folder, settings)
    env = os.environ | {"DATA_DIR": str(folder), databases.NAMES[settings]: database}
    starting.run("manage.py", "prepare", "--settings", settings, env=env)
    (folder / TEMPLATE).write_text(database if databases.server() else "")


def own_database(folder: Path, settings: str) -> str:
    """The URL of one that is migrated already; what else `prepare` makes is in `folder` then."""
    copytree(prepared(settings), folder, dirs_exist_ok=True)
    return databases.url_in(folder, settings, (folder / TEMPLATE).read_text())


@dataclass
class ExternalApi:
    """A running External API with a database of its own. `url` is what PIPELINES_API_URL takes."""

    server: Server
    env: dict[str, str]

    def __post_init__(self) -> None:
        self.inside = Inside(self.env | {"DJANGO_SETTINGS_MODULE": SETTINGS})

    @property
    def url(self) -> str:
        return f"{self.server.url}/api/v1"

    def manage(self, *arguments: str) -> str:
        return self.inside.manage(*arguments).stdout

    def run(self, name: str, **given: Any) -> Any:
        """A function of `tests.inside_external_api`, by its name."""
        return self.inside.run("tests.inside_external_api", name, given)

    def load(self, *organizations: dict[str, Any]) -> None:
        """Organizations as `load_organizations` takes them."""
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({"organizations": list(organizations)}, file)
            file.flush()
            self.manage("load_organizations", file.name)

    def new_key(self, organization: str, *arguments: str, name: str = "Tests") -> str:
        return self.manage("create_api_key", organization, "--name", name, *arguments).splitlines()[-1]

    def revoke(self, key: str, organization: str) -> None:
        self.manage("revoke_api_key", key[-4:], "--org", organization)


@contextmanager
def external_api(folder: Path, **env: str) -> Iterator[ExternalApi]:
    """The server on a free port, its database new and migrated in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = {"DATA_DIR": str(folder)} | env
    if "EXTERNAL_API_DATABASE_URL" in env:
        manage("prepare", **environment)
    else:
        environment["EXTERNAL_API_DATABASE_URL"] = own_database(folder, SETTINGS)
    with serve(folder / "server.log", **environment) as server:
        running = ExternalApi(server, environment)
        with closing(running.inside):
            yield running


@contextmanager
def hanging(api: ExternalApi) -> Iterator[None]:
    """It takes connections, and says nothing until the block ends."""
    _signal_all(api.server.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        _signal_all(api.server.process.pid, signal.SIGCONT)


def _signal_all(master: int, number: int) -> None:
    for pid in (master, *map(int, Path(f"/proc/{master}/task/{master}/children").read_text().split())):
        os.kill(pid, number)


@contextmanager
def api_worker(api: ExternalApi) -> Iterator[starting.Process]:
    """Once it takes work: until then the API confirms no upload."""
    with background("run_worker", "--settings", SETTINGS, **api.env) as process:
        api.run("wait_for_a_worker", seconds=START_SECONDS)
        yield process


@dataclass
class Portal:
    """A running portal with a database of its own."""

    url: str
    process: starting.Process
    env: dict[str, str]
    log: Path = Path(os.devnull)

    def __post_init__(self) -> None:
        self.inside = Inside(self.env)

    def start(self) -> None:
        """Also again, after it was killed."""
        with self.log.open("ab") as log:
            self.process = starting.start(
                "-m", "pipelines_portal.core.web_server", "portal",
                env=os.environ | self.env, output=log.fileno(), errors=log.fileno(),
            )  # fmt: skip
        wait_until(lambda: answers(f"{self.url}/health"), "the portal to start")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def manage(self, *arguments: str, given: str = "") -> str:
        """A management command; `given` is its standard input."""
        return self.inside.manage(*arguments, given=given).stdout

    def run(self, name: str, *, of: str = "tests.inside_portal", **given: Any) -> Any:
        """A function of `tests.inside_portal`, or of a room's own, by its name."""
        return self.inside.run(of, name, given)

    def sign_in(self, email: str, password: str) -> requests.Session:
        """A session of someone signed in, for requests without a browser."""
        session = requests.Session()
        page = session.get(f"{self.url}/sign-in/", timeout=10).text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        form = {"username": email, "password": password, "csrfmiddlewaretoken": token[1] if token else ""}
        answer = session.post(f"{self.url}/sign-in/", data=form, headers={"Referer": self.url}, timeout=10)
        assert answer.status_code == 200, answer.text
        return session


@contextmanager
def portal(folder: Path, api_url: str, **env: str) -> Iterator[Portal]:
    """The portal on a free port, before the API at `api_url`."""
    folder.mkdir(parents=True, exist_ok=True)
    port = int(env.get("PORT") or free_port())
    environment = {
        "DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": PORTAL_SETTINGS,
        "PIPELINES_API_URL": api_url,
        "PORT": str(port),
    } | env
    if "DATABASE_URL" not in env:
        environment["DATABASE_URL"] = own_database(folder, PORTAL_SETTINGS)
    running = Portal(f"http://127.0.0.1:{port}", None, environment)  # type: ignore[arg-type]
    if "DATABASE_URL" in env:
        running.manage("prepare")
    running.log = folder / "portal.log"
    try:
        running.start()
        yield running
    finally:
        running.inside.close()
        end(running.process)


@contextmanager
def portal_worker(running: Portal) -> Iterator[starting.Process]:
    with background("run_worker", **running.env) as process:
        yield process


@contextmanager
def background(*arguments: str, **env: str) -> Iterator[starting.Process]:
    """A management command that runs until the block ends (or until the test kills it)."""
    process = starting.start("manage.py", *arguments, env=os.environ | env)
    try:
        yield process
    finally:
        end(process)


def end(process: starting.Process) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=40)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout=5)


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def wait_until(condition: Any, what: str, seconds: float = START_SECONDS) -> None:
    """Looks a third of the time at most: many a look is a process, and what is waited for needs the cores."""
    deadline = time.monotonic() + seconds
    while True:
        looked = time.monotonic()
        if condition():
            return
        now = time.monotonic()
        assert now < deadline, f"Waited {seconds} s for {what}."
        time.sleep(max(0.05, 2 * (now - looked)))
