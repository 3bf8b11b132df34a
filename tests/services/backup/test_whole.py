"""A backup made while everybody works, restored into an empty place: everything is there, readable, and goes on."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from tests import archives, samples
from tests.live import ExternalApi, Portal, api_worker, external_api, portal, wait_until

from .places import databases, give_secrets, left_in, run, stored

pytestmark = pytest.mark.sqlite

INSIDE, IMPORTS = "tests.services.backup.inside_portal", "tests.entry.imports.inside_portal"
WHO = {"email": "maria@acme.example", "password": "right-Horse-7"}
TASKS = "/keys/1/workflows/42/tasks/"
FILES = [samples.field("scan", "file_upload", required=True)]


@contextmanager
def programs(folder: Path, **env: str) -> Iterator[tuple[ExternalApi, Portal]]:
    with external_api(folder, **env) as api, portal(folder, api.url, **env) as running:
        yield api, running


def send_task(running: Portal, session: requests.Session, text: str) -> None:
    """As a person does, through the form."""
    html = session.get(f"{running.url}{TASKS}new/", timeout=60).text
    csrf = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', html)
    assert csrf, html
    form = {"token": str(uuid4()), "field-input_text": text, "field-target_language": "French"}
    headers = {"Referer": running.url}
    session.post(f"{running.url}{TASKS}new/", form | {"csrfmiddlewaretoken": csrf[1]}, headers=headers, timeout=60)


@contextmanager
def over_and_over(work: Callable[[int], object]) -> Iterator[list[int]]:
    """While the block runs. What it yields grows by one with each time that is done."""
    done: list[int] = []
    is_over = threading.Event()

    def go_on() -> None:
        while not is_over.is_set():
            work(len(done))
            done.append(1)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield done
    finally:
        is_over.set()
        thread.join()


def start_upload(api: ExternalApi, key: str, archive: bytes) -> str:
    started = api.server.post("/workflows/57/tasks/upload", key=key, json={}).json()
    answer = requests.put(started["upload_url"], archive, headers={"Content-Type": "application/zip"}, timeout=60)
    assert answer.status_code == 200, answer.text
    return str(started["upload_id"])


def confirm(api: ExternalApi, key: str, upload: str) -> None:
    answer = api.server.post(f"/workflows/57/tasks/upload/{upload}/confirm", key=key)
    assert answer.status_code == 202, answer.text


def stands(api: ExternalApi, key: str, upload: str) -> dict[str, Any]:
    return api.server.get(f"/workflows/57/tasks/upload/{upload}", key=key).json()


def fill(api: ExternalApi, running: Portal) -> tuple[str, str]:
    """The key, and an upload that is confirmed and not worked through: its worker has gone."""
    api.load(samples.organization("Acme", samples.workflow(42), samples.workflow(57, "Invoices", fields=FILES)))
    key = api.new_key("Acme")
    running.run("make_person_with_key", **WHO, key=key, workflow_id=42)
    running.run("begin_import", of=IMPORTS, rows=6, rows_per_request=2)
    with api_worker(api) as worker:
        finished = start_upload(api, key, archives.flat_files())
        confirm(api, key, finished)
        wait_until(lambda: stands(api, key, finished)["status"] == "completed", "the archive to be unpacked")
        worker.kill()
    waiting = start_upload(api, key, archives.flat_files())
    confirm(api, key, waiting)
    return key, waiting


def back_up_while_people_work(running: Portal, api: ExternalApi, key: str, file: Path) -> str:
    session = running.sign_in(**WHO)
    rows = {"tasks": [{"fields": {"input_text": "By a program", "target_language": "French"}}] * 50}
    with ExitStack() as working:
        works = (
            lambda number: send_task(running, session, f"By hand {number}"),
            lambda _: api.server.post("/workflows/42/tasks", key=key, json=rows),
        )
        done = [working.enter_context(over_and_over(work)) for work in works]
        wait_until(lambda: all(map(len, done)), "both to have sent something")
        before = [len(one) for one in done]
        said = running.manage("backup", str(file))
        wait_until(lambda: all(len(one) > was for one, was in zip(done, before, strict=True)), "both to go on")
    return said


def test_everything_is_there_again_and_readable(tmp_path: Path) -> None:
    """Also what was on its way: an archive that was confirmed is processed, and an import waits for a person."""
    old, new, file = tmp_path / "old", tmp_path / "new", tmp_path / "backup.tar"
    with programs(old) as (api, running):
        key, waiting = fill(api, running)
        said = back_up_while_people_work(running, api, key, file)
        ledger, kept = running.run("ledger", of=INSIDE), stored(old)
    assert "portal and external_api, 4 files," in said
    assert (file.stat().st_mode & 0o777, sorted(path.name for path in tmp_path.iterdir())) == (
        0o600,
        ["backup.tar", "old"],
    )

    give_secrets(old, new)
    done = run(new, "restore", str(file))
    assert done.returncode == 0, done.stderr
    assert stored(new) == kept
    with programs(new, **databases(new)) as (api, running):
        restored = running.run("ledger", of=INSIDE)
        sent = {pk: of for pk, of in restored.items() if of[0] == "created"}
        assert len(sent) > 0 and sent.items() <= ledger.items(), "whole, and as it was"
        at_api = set(api.run("task_ids", workflow_id=42))
        assert {task for _, _, tasks in sent.values() for task in tasks} <= at_api, "whatever the portal knows of"
        ((state, problem),) = running.run("imports", of=INSIDE)
        assert state == "paused" and "restored from a backup" in problem
        page = running.sign_in(**WHO).get(f"{running.url}{TASKS}", timeout=60).text
        assert str(max(at_api)) in page, "read from the API with the saved key"
        with api_worker(api):
            wait_until(lambda: stands(api, key, waiting)["status"] in ("completed", "failed"), "the archive's end")
        assert (stands(api, key, waiting)["status"], stands(api, key, waiting)["success_count"]) == ("completed", 3)
    assert left_in(new) >= {"portal.sqlite3", "external_api.sqlite3", "storage"}
