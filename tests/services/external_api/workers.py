"""Servers and workers in processes of their own, on each kind of storage."""

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.db import connection
from django_tasks_db.models import DBTaskResult

from pipelines_portal.external_api.models import WorkerHeartbeat, Workflow
from pipelines_portal.external_api.uploads.workers import worker_is_live
from tests import seaweedfs, starting
from tests.external_api.factories import Tenant
from tests.external_api.server import SETTINGS, Server, manage
from tests.external_api.uploads import ENDED, Stack, folder_objects


@dataclass
class ServedStack(Stack):
    """A server process, and the environment that its workers need to reach the same storage."""

    server: Server
    storage: str
    env: dict[str, str]

    def worker(self) -> AbstractContextManager["Worker"]:
        return working(Path(mkdtemp(dir=settings.DATA_DIR)) / "output.log", **self.env)

    def sweep(self) -> None:
        manage("sweep_uploads", **self.env)

    def wait(self, tenant: Tenant, workflow: Workflow, started: dict[str, Any], seconds: float = 240) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while (state := self.status(tenant, workflow, started))["status"] not in ENDED:
            assert time.monotonic() < deadline, (state, tracebacks())
            time.sleep(0.1)
        return state

    def objects(self, started: dict[str, Any]) -> dict[str, bytes]:
        upload_id = started["upload_id"]
        return self._bucket_objects(upload_id) if self.storage == "s3" else folder_objects(upload_id)

    def _bucket_objects(self, upload_id: str) -> dict[str, bytes]:
        url = urlsplit(self.env["STORAGE_URL"])
        bucket, client = url.netloc, seaweedfs.client(parse_qs(url.query)["endpoint"][0])
        names = []
        for prefix in (f"archives/{upload_id}", f"files/{upload_id}/"):
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            names += [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        return {name: client.get_object(Bucket=bucket, Key=name)["Body"].read() for name in names}

    def objects_in_the_end(self, started: dict[str, Any]) -> dict[str, bytes]:
        """Return the objects once the archive is deleted, which happens a moment after the upload has ended."""
        deadline = time.monotonic() + 20
        while f"archives/{started['upload_id']}.zip" in (found := self.objects(started)):
            assert time.monotonic() < deadline, sorted(found)
            time.sleep(0.1)
        return found


@dataclass
class Worker:
    process: starting.Process
    log: Path

    def output(self) -> str:
        return self.log.read_text()

    def peak_memory(self) -> int:
        return peak_memory(self.process.pid)

    def pause(self) -> None:
        """Stop the process where it is, but not while it writes: its lock on the database would stop all others."""
        while True:
            self.process.send_signal(signal.SIGSTOP)
            if database_is_free():
                return
            self.resume()
            time.sleep(0.01)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """Send SIGKILL: the worker cannot even delete its heartbeat."""
        self.process.kill()
        self.process.wait()


@contextmanager
def working(log: Path, *options: str, **env: str) -> Iterator[Worker]:
    """Start a background worker and wait for its heartbeat."""
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


def postgresql_writers() -> list[int]:
    """Return the server's processes that have a lock for writing in this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database "
            "WHERE datname = current_database() AND mode = 'RowExclusiveLock' AND pid <> pg_backend_pid()"
        )
        return [pid for (pid,) in cursor.fetchall()]


def peak_memory(pid: int) -> int:
    """Return the most bytes of memory that a process ever had at once."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024
