"""The commands on the integrators' pages, run as they stand there: by a shell, against a running External API."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests.archives import files
from tests.external_api.server import PROJECT
from tests.live import ExternalApi, api_worker, external_api

PAGES = PROJECT / "docs" / "integrators"
BLOCK = re.compile(r"^ *```(sh|python)\n(.+?)^ *```$", re.MULTILINE | re.DOTALL)
ORGANIZATION = "Acme Labeling"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExternalApi]:
    with external_api(tmp_path_factory.mktemp("api")) as api:
        api.manage("load_demo")
        with api_worker(api):
            yield api


@pytest.fixture
def env(running: ExternalApi, tmp_path: Path) -> dict[str, str]:
    """As an integrator's shell has it, with this run's programs and an archive beside."""
    (tmp_path / "november.zip").write_bytes(files("2026-0411.pdf", "2026-0412.pdf"))
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return os.environ | {"API": running.url, "KEY": running.new_key(ORGANIZATION), "PATH": programs}


def blocks(page: str) -> list[tuple[str, str]]:
    """Kind and text of each, the one that sets the variables aside."""
    found = BLOCK.findall((PAGES / page).read_text())
    return [(kind, dedent(text)) for kind, text in found if "export " not in text]


def run(command: list[str], folder: Path, env: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def last_object(text: str) -> dict[str, Any]:
    """Of answers printed one behind the other."""
    return json.loads(text[text.rindex('{"upload_id"') :]) if '{"upload_id"' in text else json.loads(text)


def commands(page: str) -> list[str]:
    return [text for kind, text in blocks(page) if kind == "sh"]


def test_each_command_of_the_pages_works(running: ExternalApi, env: dict[str, str], tmp_path: Path) -> None:
    texts = [text for page in ("first-request.md", "tasks.md", "files.md") for text in commands(page)]
    answers = [last_object(run(["bash", "-euc", text], tmp_path, env)) for text in texts]
    schema, created, once, page, upload = answers
    assert [field["name"] for field in schema["fields"]][:2] == ["input_text", "target_language"]
    assert (created["success_count"], created["error_count"]) == (2, 0)
    assert set(created["task_ids"]) <= {task["id"] for task in page["tasks"]}
    again = next(text for text in texts if "Idempotency-Key" in text)
    assert last_object(run(["bash", "-euc", again], tmp_path, env)) == once
    assert upload["status"] in ("processing", "completed")
    assert _ended(running, env["KEY"], upload["upload_id"])["success_count"] == 2


def test_the_recipes_of_the_page_about_errors_work(env: dict[str, str], tmp_path: Path) -> None:
    for kind, text in blocks("errors.md"):
        said = run(["bash", "-euc", text] if kind == "sh" else [sys.executable, "-c", text], tmp_path, env)
        assert '"tasks"' in said or re.fullmatch(r"\w+\n", said)


def test_the_upload_in_python_waits_for_its_end(env: dict[str, str], tmp_path: Path) -> None:
    [text] = [text for kind, text in blocks("files.md") if kind == "python"]
    said = run([sys.executable, "-c", text], tmp_path, env)
    assert re.fullmatch(r"completed \[\d+, \d+\] \[\] None\n", said)


def _ended(running: ExternalApi, key: str, upload_id: str) -> dict[str, Any]:
    for _ in range(300):
        state = running.server.get(f"/workflows/57/tasks/upload/{upload_id}", key=key).json()
        if state["status"] != "processing":
            return state
        time.sleep(0.2)
    raise AssertionError("The upload did not end within a minute.")


def test_the_client_of_the_page_is_generated_and_lists_tasks(env: dict[str, str], tmp_path: Path) -> None:
    for kind, text in blocks("client.md"):
        command = ["bash", "-euc", text] if kind == "sh" else [sys.executable, "-c", text]
        said = run(command, tmp_path, env)
    assert re.fullmatch(r"True \['\w+'(, '\w+'){9}\]\n", said)
