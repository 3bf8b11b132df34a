"""The programs that benches measure: each in a process of its own, with its data in a temporary folder."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import requests

from .measuring import cpu_seconds
from .person import Person

PROJECT = Path(__file__).resolve().parents[2]
API_SETTINGS = "pipelines_portal.settings.external_api"
PORTAL_SETTINGS = "pipelines_portal.settings.portal"
START_SECONDS, STOP_SECONDS = 120, 40
WORKFLOW = 42
LANGUAGES = ["French", "German", "Spanish"]
FIELDS: list[dict[str, Any]] = [
    {"name": "input_text", "title": "Text to translate", "type": "long_text", "required": True},
    {
        "name": "target_language", "title": "Target language", "type": "select", "required": True,
        "options": LANGUAGES,
    },
]  # fmt: skip
NODES = [{"name": name, "status": "pending"} for name in ("Draft", "Translate", "Check", "Review", "Sign-off")]
NO_LIMITS = {f"EXTERNAL_API_{name}_LIMIT": "1000000/minute" for name in ("KEY", "IP", "AUTH_FAILURE")}


@dataclass
class Program:
    """A web program with its database. `processes` are those that run now."""

    name: str
    settings: str
    port_variable: str
    health: str
    env: dict[str, str]
    port: int
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables of this process, without those that choose settings or data."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "DATA"))}
        own = {"DJANGO_SETTINGS_MODULE": self.settings, "PYTHONPATH": str(PROJECT / "bench")}
        return inherited | own | self.env | {self.port_variable: str(self.port)}

    def cpu_seconds(self) -> float:
        """Return the processor time that the processes have used, without those that they started."""
        return sum(cpu_seconds(process.pid) for process in self.processes)

    def manage(self, *arguments: str, stdin: str = "") -> str:
        """Run a management command and return its output."""
        return self._run("manage.py", *arguments, stdin=stdin)

    def fill(self, *arguments: str, stdin: str = "") -> Any:
        """Run the command that fills this program's database, and return what it prints as JSON."""
        return json.loads(self._run("-m", f"filling.{self.name}", *arguments, stdin=stdin).splitlines()[-1])

    def _run(self, *arguments: str, stdin: str) -> str:
        command = [sys.executable, *arguments]
        result = subprocess.run(
            command, cwd=PROJECT, env=self.environment, input=stdin, capture_output=True, text=True, check=False
        )
        if result.returncode:
            raise RuntimeError(f"{' '.join(arguments)} failed:\n{result.stderr}")
        return result.stdout

    def start(self, processes: int = 1) -> None:
        for _ in range(processes):
            self.processes.append(self._start("-m", "pipelines_portal.core.web_server", self.name, count=processes))
        wait_until(lambda: answers(self.url + self.health), f"{self.name} to start")

    def start_worker(self) -> None:
        self.processes.append(self._start("manage.py", "run_worker", count=1))

    def _start(self, *arguments: str, count: int) -> "subprocess.Popen[bytes]":
        environment = self.environment | {"WEB_CONCURRENCY": str(count)}
        with (Path(self.env["DATA_DIR"]) / "programs.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *arguments], cwd=PROJECT, env=environment, stdout=log, stderr=subprocess.STDOUT
            )

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            stop(process)
        self.processes.clear()


@dataclass
class ExternalApi(Program):
    @property
    def api_url(self) -> str:
        """The value of the portal's PIPELINES_API_URL."""
        return f"{self.url}/api/v1"

    def load(self, *workflows: dict[str, Any]) -> None:
        """Load an organization, Acme, with these workflows."""
        acme = {"name": "Acme", "admins": ["admin@acme.example"], "workflows": workflows}
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({"organizations": [acme]}, file)
            file.flush()
            self.manage("load_organizations", file.name)

    def create_key(self) -> str:
        return self.manage("create_api_key", "Acme", "--name", "Bench").splitlines()[-1]

    def create_tasks(self, key: str, count: int) -> None:
        for _ in range(0, count, 5_000):
            tasks = [{"fields": {"input_text": "Hello", "target_language": "French"}}] * min(count, 5_000)
            answer = requests.post(
                f"{self.api_url}/workflows/{WORKFLOW}/tasks",
                json={"tasks": tasks}, headers={"Authorization": f"Bearer {key}"}, timeout=60,
            )  # fmt: skip
            answer.raise_for_status()


@dataclass
class Portal(Program):
    def load_demo(self, key: str, *workflows: int) -> None:
        """Make demo@example.com, who owns this key and has opened the workflow, or these, through it."""
        opened = map(str, workflows or [WORKFLOW])
        self.manage("load_demo", "--key-name", "Acme", "--workflows", *opened, stdin=key)

    def sign_in(self, email: str = "demo@example.com", password: str = "pipelines-demo") -> Person:
        return Person(self.url, email, password)


@contextmanager
def external_api(folder: Path, *, workflows: list[dict[str, Any]] | None = None) -> Iterator[ExternalApi]:
    """Run an External API whose organization has these workflows, or one with the usual fields."""
    folder.mkdir(parents=True)
    env = {"DATA_DIR": str(folder)} | NO_LIMITS
    api = ExternalApi("external_api", API_SETTINGS, "API_PORT", "/api/v1/health", env, free_port())
    api.manage("prepare")
    api.load(*(workflows or [workflow()]))
    with _running(api):
        yield api


@contextmanager
def portal(folder: Path, api_url: str, **env: str) -> Iterator[Portal]:
    """Run a portal of the API at this address. Two portals of one folder share its database."""
    folder.mkdir(parents=True, exist_ok=True)
    env = {"DATA_DIR": str(folder), "PIPELINES_API_URL": api_url} | env
    program = Portal("portal", PORTAL_SETTINGS, "PORT", "/health", env, free_port())
    program.manage("prepare")
    with _running(program):
        yield program


@contextmanager
def _running(program: Program) -> Iterator[None]:
    try:
        program.start()
        yield
    finally:
        program.stop()


def workflow(workflow_id: int = WORKFLOW, fields: list[dict[str, Any]] = FIELDS) -> dict[str, Any]:
    """Return a workflow in the format of `load_organizations`."""
    name = f"Workflow {workflow_id}"
    return {"id": workflow_id, "name": name, "status": "ACTIVE", "fields": fields, "nodes": NODES}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def wait_until(condition: Callable[[], object], what: str, seconds: float = START_SECONDS, pause: float = 0.1) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"Waited {seconds:.0f} s for {what}.")
        time.sleep(pause)


def stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def run_bench(measure: Callable[[Path], Iterable[bool]]) -> NoReturn:
    """Run `measure` with a temporary folder. Exit with 1 if one of its claims fails."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        claims = list(measure(Path(folder)))
    sys.exit(not all(claims))
