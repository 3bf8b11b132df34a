"""The portal as it is here, and as it was at an earlier commit: each with its own API, environment and data."""

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import requests

from tests import samples
from tests.external_api.server import free_port
from tests.live import answers, end, wait_until

PROJECT = Path(__file__).resolve().parents[2]
API_SETTINGS = "pipelines_portal.external_api.settings"
WORKFLOW, ORGANIZATION = 42, "Acme"
OURS = ["-m", "pipelines_portal.shared.web_server", "{program}"]
GUNICORN = ["-m", "gunicorn", "--config", "gunicorn.conf.py", "--bind", "127.0.0.1:{port}", "{module}"]
# Written so that both states understand it: people, a key of their own each, workflows opened, sessions begun.
MAKE_PEOPLE = """
import hashlib, json, sys
from django.test import Client
from pipelines_portal.accounts.models import User
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.workflows.models import OpenedWorkflow
for number, text in enumerate(json.load(sys.stdin)):
    person = User(email=f"operator{number}@example.com"); person.set_unusable_password(); person.save()
    key = SavedKey(owner=person, name="Acme", fingerprint=hashlib.sha256(text.encode()).hexdigest())
    key.seal(text); key.save()
    for workflow in range(%(workflow)d, %(workflow)d + %(workflows)d):
        name = f"French translations {workflow}"
        OpenedWorkflow.objects.create(key=key, workflow_id=workflow, name=name, status="ACTIVE")
    browser = Client(); browser.force_login(person)
    cookie, = browser.cookies.items()
    print("PERSON", json.dumps([cookie[0], cookie[1].value, key.pk]), flush=True)
"""
MAKE_KEYS = """
import io
from django.core.management import call_command
for number in range(%d):
    printed = io.StringIO()
    call_command("create_api_key", "Acme", name=f"operator {number}", stdout=printed)
    print("KEY", printed.getvalue().split()[-1], flush=True)
"""


@dataclass(frozen=True)
class Operator:
    """A session, as the browser's cookie, and the key it works with."""

    cookie: str
    key_id: int


@dataclass
class Contestant:
    name: str
    folder: Path
    python: str
    server: list[str]
    data: Path
    env: dict[str, str] = field(default_factory=dict)
    operators: list[Operator] = field(default_factory=list)

    def run(self, *arguments: str, given: str = "") -> str:
        command = [self.python, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, input=given, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "DATA"))}
        return inherited | {"DATA_DIR": str(self.data), "MALLOC_ARENA_MAX": "2"} | self.env

    @property
    def port(self) -> int:
        return int(self.env["PORT"])


def here(data: Path) -> Contestant:
    return Contestant("here", PROJECT, sys.executable, OURS, data)


def at_commit(commit: str, data: Path) -> Contestant:
    """Needs the history, and the network for what it was made of; kept under var/bench for the next time."""
    place = PROJECT / "var" / "bench" / commit
    code, python = place / "code", place / "venv" / "bin" / "python"
    if not (place / "ready").exists():
        archive = subprocess.run(["git", "archive", commit], cwd=PROJECT, capture_output=True, check=True).stdout
        with tarfile.open(fileobj=BytesIO(archive)) as files:
            files.extractall(code, filter="data")
        subprocess.run([sys.executable, "-m", "venv", str(place / "venv")], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", "-r", str(code / "requirements.txt")], check=True)
        (place / "ready").touch()
    return Contestant(commit, code, str(python), GUNICORN, data)


def set_up(contestant: Contestant, people: int, workflows: int, tasks: int) -> list[str]:
    """Databases, an organization with tasks, and `people` who are signed in, each with one of the keys it gives."""
    contestant.data.mkdir(parents=True)
    contestant.env |= {"PORT": str(free_port()), "API_PORT": str(free_port())}
    contestant.env |= {f"EXTERNAL_API_{limit}_LIMIT": "1000000/minute" for limit in ("KEY", "IP")}
    contestant.run("prepare")
    contestant.run("prepare", "--settings", API_SETTINGS)
    keys = _organization(contestant, people, workflows)
    script = MAKE_PEOPLE % {"workflow": WORKFLOW, "workflows": workflows}
    for line in _lines(contestant.run("shell", "-c", script, given=json.dumps(keys)), "PERSON "):
        name, value, key_id = json.loads(line)
        contestant.operators.append(Operator(f"{name}={value}", key_id))
    with running(contestant):
        _create_tasks(contestant, keys[0], tasks)
    return keys


def _organization(contestant: Contestant, people: int, workflows: int) -> list[str]:
    made = [samples.workflow(number) for number in range(WORKFLOW, WORKFLOW + workflows)]
    file = contestant.data / "organizations.json"
    file.write_text(json.dumps({"organizations": [samples.organization(ORGANIZATION, *made)]}))
    contestant.run("load_organizations", str(file), "--settings", API_SETTINGS)
    return _lines(contestant.run("shell", "--settings", API_SETTINGS, "-c", MAKE_KEYS % people), "KEY ")


def _lines(printed: str, start: str) -> list[str]:
    return [line.removeprefix(start) for line in printed.splitlines() if line.startswith(start)]


def _create_tasks(contestant: Contestant, key: str, count: int) -> None:
    url = f"http://127.0.0.1:{contestant.env['API_PORT']}/api/v1/workflows/{WORKFLOW}/tasks"
    fields = {"input_text": "Hello", "target_language": "French"}
    answer = requests.post(
        url, json={"tasks": [{"fields": fields}] * count}, headers={"Authorization": f"Bearer {key}"}, timeout=60
    )
    assert answer.ok, answer.text


@contextmanager
def running(contestant: Contestant, processes: int = 1) -> Iterator[list[int]]:
    """The portal and the API, listening; gives the ids of the portal's processes."""
    portals = [_started(contestant, contestant.server, "portal", processes) for _ in range(processes)]
    api = _started(contestant, contestant.server, "external_api", 1)
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{contestant.port}/health"), "the portal to start")
        wait_until(lambda: answers(f"http://127.0.0.1:{contestant.env['API_PORT']}/api/v1/health"), "the API to start")
        yield [process.pid for process in portals]
    finally:
        for process in [*portals, api]:
            end(process)


def _started(contestant: Contestant, server: list[str], program: str, processes: int) -> subprocess.Popen[bytes]:
    module = "pipelines_portal.wsgi" if program == "portal" else "pipelines_portal.external_api.wsgi"
    port = contestant.env["PORT" if program == "portal" else "API_PORT"]
    command = [part.format(program=program, module=module, port=port) for part in server]
    env = contestant.environment | {"WEB_CONCURRENCY": str(processes)}
    with (contestant.data / f"{program}.log").open("ab") as log:
        return subprocess.Popen(
            [contestant.python, *command], cwd=contestant.folder, env=env, stdout=log, stderr=subprocess.STDOUT
        )
