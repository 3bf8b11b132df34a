"""Driving the ZIP flow as a client does, over HTTP, with a real worker in a process of its own."""

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from django.conf import settings
from django.db import connection
from django_tasks_db.models import DBTaskResult

from pipelines_portal.external_api.models import Upload, WorkerHeartbeat, Workflow
from pipelines_portal.external_api.uploads.workers import worker_is_live
from tests import seaweedfs, starting
from tests.external_api.factories import FILE_FIELD, LANGUAGE_FIELD, Tenant
from tests.external_api.server import SETTINGS, Server

ENDED = ("completed", "failed", "cancelled")
SECOND_FILE_FIELD = FILE_FIELD | {"name": "scan", "title": "Scan"}
FRONT_FIELD = FILE_FIELD | {"name": "front", "title": "Front"}
BACK_FIELD = FILE_FIELD | {"name": "back", "title": "Back"}
CAPTIONED_FIELDS = [FILE_FIELD, LANGUAGE_FIELD]


@dataclass
class Stack:
    """A server and the environment that its workers need to reach the same storage."""

    server: Server
    env: dict[str, str]
    storage: str

    def path(self, workflow: Workflow, upload_id: str = "", tail: str = "") -> str:
        return f"/workflows/{workflow.pk}/tasks/upload" + (f"/{upload_id}" if upload_id else "") + tail

    def start(self, tenant: Tenant, workflow: Workflow, **body: Any) -> dict[str, Any]:
        """Init, which must succeed."""
        answer = self.server.post(self.path(workflow), key=tenant.key, json=body)
        assert answer.status_code == 202, answer.text
        return answer.json()

    def put(self, started: dict[str, Any], archive: Any, **headers: str) -> requests.Response:
        headers = {"Content-Type": "application/zip"} | headers
        return requests.put(started["upload_url"], data=archive, headers=headers, timeout=120)

    def confirm(self, tenant: Tenant, workflow: Workflow, started: dict[str, Any]) -> requests.Response:
        return self.server.post(self.path(workflow, started["upload_id"], "/confirm"), key=tenant.key)

    def status(self, tenant: Tenant, workflow: Workflow, started: dict[str, Any]) -> dict[str, Any]:
        answer = self.server.get(self.path(workflow, started["upload_id"]), key=tenant.key)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def stored(self, tenant: Tenant, workflow: Workflow, archive: Any, **body: Any) -> dict[str, Any]:
        """Init and PUT."""
        started = self.start(tenant, workflow, **body)
        answer = self.put(started, archive)
        assert answer.status_code == 200, answer.text
        return started

    def wait(self, tenant: Tenant, workflow: Workflow, started: dict[str, Any], seconds: float = 240) -> dict[str, Any]:
        """Poll until the upload has ended."""
        deadline = time.monotonic() + seconds
        while (state := self.status(tenant, workflow, started))["status"] not in ENDED:
            assert time.monotonic() < deadline, (state, tracebacks())
            time.sleep(0.1)
        return state

    def process(self, tenant: Tenant, workflow: Workflow, archive: Any, **body: Any) -> dict[str, Any]:
        """The whole way; the last status. There must be a worker."""
        started = self.stored(tenant, workflow, archive, **body)
        answer = self.confirm(tenant, workflow, started)
        assert (answer.status_code, answer.json()["status"]) == (202, "processing")
        return self.wait(tenant, workflow, started)

    def names(self, started: dict[str, Any]) -> list[str]:
        """Everything the storage holds for an upload."""
        upload_id = started["upload_id"]
        return self._bucket_names(upload_id) if self.storage == "s3" else self._folder_names(upload_id)

    def objects(self, started: dict[str, Any]) -> dict[str, bytes]:
        """The same, by name."""
        read = self._read_bucket if self.storage == "s3" else self._read_folder
        return read(self.names(started))

    def _folder_names(self, upload_id: str) -> list[str]:
        paths = [*self._folder.glob(f"archives/{upload_id}.zip"), *self._folder.glob(f"files/{upload_id}/*")]
        return [str(path.relative_to(self._folder)) for path in paths]

    def _read_folder(self, names: list[str]) -> dict[str, bytes]:
        return {name: (self._folder / name).read_bytes() for name in names}

    @property
    def _folder(self) -> Path:
        return Path(settings.DATA_DIR) / "storage"

    def _bucket_names(self, upload_id: str) -> list[str]:
        bucket, client = self._bucket()
        names = []
        for prefix in (f"archives/{upload_id}", f"files/{upload_id}/"):
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            names += [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        return names

    def _read_bucket(self, names: list[str]) -> dict[str, bytes]:
        bucket, client = self._bucket()
        return {name: client.get_object(Bucket=bucket, Key=name)["Body"].read() for name in names}

    def _bucket(self) -> tuple[str, Any]:
        url = urlsplit(self.env["STORAGE_URL"])
        return url.netloc, seaweedfs.client(parse_qs(url.query)["endpoint"][0])

    def names_in_the_end(self, started: dict[str, Any]) -> list[str]:
        """Once the archive is gone, which goes a moment after the upload has ended."""
        deadline = time.monotonic() + 20
        while f"archives/{started['upload_id']}.zip" in (found := self.names(started)):
            assert time.monotonic() < deadline, sorted(found)
            time.sleep(0.1)
        return found

    def objects_in_the_end(self, started: dict[str, Any]) -> dict[str, bytes]:
        self.names_in_the_end(started)
        return self.objects(started)


@dataclass
class Worker:
    process: starting.Process
    log: Path

    def output(self) -> str:
        return self.log.read_text()

    def peak_memory(self) -> int:
        return peak_memory(self.process.pid)

    def pause(self) -> None:
        """Stop it where it is, but not in the middle of a write: all others would wait for what it holds."""
        while True:
            self.process.send_signal(signal.SIGSTOP)
            if database_is_free():
                return
            self.resume()
            time.sleep(0.01)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """As kill -9: nothing of it runs any more, not even its goodbye."""
        self.process.kill()
        self.process.wait()


@contextmanager
def working(log: Path, *options: str, **env: str) -> Iterator[Worker]:
    """A background worker, once it has said that it lives."""
    WorkerHeartbeat.objects.all().delete()
    with log.open("ab") as out:
        process = starting.start(
            "manage.py", "run_worker", *options, "--settings", SETTINGS,
            env=os.environ | {"UPLOAD_SWEEP_SECONDS": "1"} | env, output=out.fileno(), errors=out.fileno(),
        )  # fmt: skip
    worker = Worker(process, log)
    try:
        _wait_until_live(worker)
        yield worker
    finally:
        worker.resume()
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            worker.kill()  # it would finish its job first


def _wait_until_live(worker: Worker) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and worker.process.poll() is None:
        if worker_is_live():
            return
        time.sleep(0.05)
    raise AssertionError(f"The worker did not start:\n{worker.output()}")


def tracebacks() -> list[str]:
    return list(DBTaskResult.objects.filter(status="FAILED").values_list("traceback", flat=True))


def database_is_free() -> bool:
    if connection.vendor != "sqlite":
        return not postgresql_writers()
    database = sqlite3.connect(settings.DATABASES["default"]["NAME"], timeout=0.2, isolation_level=None)
    try:
        database.execute("BEGIN IMMEDIATE")
        database.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return False
    finally:
        database.close()
    return True


def age(started: dict[str, Any], **changes: Any) -> None:
    """Change an upload's times as if they had passed."""
    assert Upload.objects.filter(pk=started["upload_id"]).update(**changes)


def peak_memory(pid: int) -> int:
    """The most bytes that a process ever held in memory at once."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024


def postgresql_writers() -> list[int]:
    """The server's processes that hold a lock for writing in this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database "
            "WHERE datname = current_database() AND mode = 'RowExclusiveLock' AND pid <> pg_backend_pid()"
        )
        return [pid for (pid,) in cursor.fetchall()]
