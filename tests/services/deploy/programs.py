"""The eight programs of two machines: two portals, two External APIs, two workers of each, each with its own folder."""

import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copytree

import requests

from tests import starting
from tests.external_api.server import SETTINGS
from tests.live import prepared, wait_until

PORTAL_SETTINGS = "pipelines_portal.settings.portal"
SERVER = ("-m", "pipelines_portal.core.web_server")
BEHIND_TLS = {"X-Forwarded-Proto": "https"}
# Longer than a web program or a worker may take to finish what it has begun.
ENDING_SECONDS = 60


@dataclass
class Program:
    """One of them. `health` is where a web program answers; a worker says in its log that it began."""

    name: str
    arguments: tuple[str, ...]
    env: dict[str, str]
    health: str = ""
    process: starting.Process = field(init=False)

    @property
    def log(self) -> Path:
        return Path(self.env["DATA_DIR"]) / "log"

    def begin(self) -> None:
        with self.log.open("ab") as log:
            self.said = self.log.stat().st_size
            self.process = starting.start(
                *self.arguments, env=os.environ | self.env, output=log.fileno(), errors=log.fileno()
            )

    def wait(self) -> None:
        wait_until(lambda: self.process.poll() is not None or self.is_up(), f"{self.name} to start")
        assert self.process.poll() is None, self.last_lines()

    def start(self) -> None:
        self.begin()
        self.wait()

    def is_up(self) -> bool:
        if not self.health:
            return b"Starting worker" in self.log.read_bytes()[self.said :]
        try:
            return requests.get(self.health, headers=BEHIND_TLS, timeout=5).ok
        except requests.RequestException:
            return False

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=ENDING_SECONDS)

    def end(self) -> None:
        try:
            self.stop()
        except subprocess.TimeoutExpired:
            self.kill()

    def last_lines(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join([f"--- {self.name}", *lines[-15:]])


def portals(folder: Path, ports: tuple[int, int], env: dict[str, str]) -> Iterator[Program]:
    """Two, and their workers."""
    for number, port in enumerate(ports, 1):
        mine = env | {"DJANGO_SETTINGS_MODULE": PORTAL_SETTINGS, "PORT": str(port)}
        web = _of(folder / f"portal-{number}", PORTAL_SETTINGS, mine)
        yield Program(f"portal-{number}", (*SERVER, "portal"), web, f"http://127.0.0.1:{port}/health")
        worker = _of(folder / f"portal-worker-{number}", PORTAL_SETTINGS, mine)
        yield Program(f"portal-worker-{number}", ("manage.py", "run_worker"), worker)


def external_apis(folder: Path, ports: tuple[int, int], env: dict[str, str]) -> Iterator[Program]:
    """Two, and their workers."""
    for number, port in enumerate(ports, 1):
        mine = env | {"DJANGO_SETTINGS_MODULE": SETTINGS, "API_PORT": str(port)}
        web = _of(folder / f"api-{number}", SETTINGS, mine)
        yield Program(f"api-{number}", (*SERVER, "external_api"), web, f"http://127.0.0.1:{port}/api/v1/health")
        worker = _of(folder / f"api-worker-{number}", SETTINGS, mine)
        yield Program(f"api-worker-{number}", ("manage.py", "run_worker"), worker)


def _of(folder: Path, settings: str, env: dict[str, str]) -> dict[str, str]:
    """With a DATA_DIR of its own, in which its static files are."""
    copytree(prepared(settings), folder)
    return env | {"DATA_DIR": str(folder)}
