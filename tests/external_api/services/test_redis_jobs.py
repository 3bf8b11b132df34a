"""Jobs in Redis: leases hold as in the database, and nothing is lost while Redis is away."""

import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from pipelines_portal.external_api.models import Upload, WorkerHeartbeat
from tests import archives
from tests.external_api.conftest import RunServer
from tests.external_api.factories import FILE_FIELD, Tenant
from tests.external_api.server import free_port
from tests.external_api.uploads import Stack, working

QUICK = {"UPLOAD_LEASE_SECONDS": "3", "UPLOAD_SWEEP_SECONDS": "0.5"}
# Redis does nothing else for so many seconds.
BUSY = (
    "local now = function() return tonumber(redis.call('TIME')[1]) end local till = now() + 3 while now() < till do end"
)


class Redis:
    """One of the test's own, that can go away and come back with what it had."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        kept = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), *kept]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not self._answers():
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    def _answers(self) -> bool:
        try:
            return bool(redis.Redis.from_url(self.url).ping())
        except redis.RedisError:
            return False


@pytest.fixture
def own_redis(redis_url: str, tmp_path: Path) -> Iterator[Redis]:
    server = Redis(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture(autouse=True)
def no_jobs_of_others() -> None:
    """What other tests left in the database's queue would be pushed to Redis here."""
    DBTaskResult.objects.all().delete()


@pytest.fixture
def stack(own_redis: Redis, run_server: RunServer, database: str) -> Iterator[Stack]:
    env = {"TASKS_BACKEND": "redis", "TASKS_URL": own_redis.url, **QUICK}
    with run_server(**env) as server:
        yield Stack(
            server, {"DATA_DIR": str(settings.DATA_DIR), "EXTERNAL_API_DATABASE_URL": database, **env}, "embedded"
        )


def confirmed(stack: Stack, tenant: Tenant, workflow: Any, archive: Any) -> dict[str, Any]:
    started = stack.stored(tenant, workflow, archive)
    answer = stack.confirm(tenant, workflow, started)
    assert answer.status_code == 202, answer.text
    return started


def until(condition: Any, what: str) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def test_a_killed_workers_job_is_taken_by_the_next(
    own_redis: Redis, stack: Stack, tenant: Tenant, tmp_path: Path
) -> None:
    """S165, S167: kill -9 in the middle; in the end every file is a task, once."""
    workflow = tenant.workflow(fields=[FILE_FIELD])
    with working(tmp_path / "log", **stack.env) as worker:
        started = confirmed(stack, tenant, workflow, archives.five_thousand_files())
        until(lambda: workflow.tasks.count() >= 300, "it never began")
        worker.kill()
    assert 300 <= workflow.tasks.count() < 5000
    with working(tmp_path / "log", **stack.env):
        state = stack.wait(tenant, workflow, started)
    assert (state["status"], state["success_count"]) == ("completed", 5000)
    assert workflow.tasks.count() == 5000
    assert not DBTaskResult.objects.exists(), "the database had none of the jobs"


def test_while_redis_is_away_jobs_wait_in_the_database(
    own_redis: Redis, stack: Stack, tenant: Tenant, tmp_path: Path
) -> None:
    """The caller notices nothing; the worker says so, goes on, and has the job when Redis is back."""
    workflow = tenant.workflow(fields=[FILE_FIELD])
    with working(tmp_path / "log", **stack.env) as worker:
        assert stack.process(tenant, workflow, archives.flat_files())["status"] == "completed"
        own_redis.kill()
        started = confirmed(stack, tenant, workflow, archives.flat_files())
        assert DBTaskResult.objects.ready().count() == 1
        until(lambda: "could not connect to Redis" in worker.output(), "the worker said nothing")
        until(lambda: "Redis takes no jobs yet" in worker.output(), "the sweep said nothing")
        assert stack.status(tenant, workflow, started)["status"] == "processing"
        own_redis.start()
        assert stack.wait(tenant, workflow, started)["status"] == "completed"
        assert not DBTaskResult.objects.exists()
        assert "Traceback" not in worker.output()
        assert Upload.objects.get(pk=started["upload_id"]).success_count == 3


def test_jobs_under_another_secret_key_are_told_of_and_left_to_whoever_has_it(
    own_redis: Redis, stack: Stack, tenant: Tenant, tmp_path: Path
) -> None:
    workflow = tenant.workflow(fields=[FILE_FIELD])
    WorkerHeartbeat.objects.create(worker_id="told to end", seen_at=timezone.now())
    started = confirmed(stack, tenant, workflow, archives.flat_files())
    with working(tmp_path / "log", **stack.env | {"SECRET_KEY": "changed " * 8}) as worker:
        until(
            lambda: "that no worker takes: 1 in the queue external_api-" in worker.output(), "the worker said nothing"
        )
    with working(tmp_path / "log", **stack.env) as worker:
        assert stack.wait(tenant, workflow, started)["status"] == "completed"
        assert worker.output().count("that no worker takes") == 1


def test_told_to_end_as_redis_gives_it_a_job_a_worker_does_it(
    own_redis: Redis, stack: Stack, tenant: Tenant, tmp_path: Path
) -> None:
    """Redis takes the job from the queue, and what it answers comes a while later: told meanwhile, nobody had it."""
    workflow = tenant.workflow(fields=[FILE_FIELD])
    WorkerHeartbeat.objects.create(worker_id="told to end", seen_at=timezone.now())
    started = confirmed(stack, tenant, workflow, archives.flat_files())
    with redis.Redis.from_url(own_redis.url, socket_timeout=60) as jobs:
        (queue,) = jobs.smembers("rq:queues")
        job = jobs.lpop(queue)
        with working(tmp_path / "log", **stack.env) as worker:
            until(lambda: any(one["cmd"] == "blpop" for one in jobs.client_list()), "the worker never looked")
            giving = threading.Thread(target=jobs.pipeline(False).rpush(queue, job).eval(BUSY, 0).execute)
            giving.start()
            time.sleep(0.5)
            worker.process.terminate()
            assert worker.process.wait(60) == 0
        giving.join()
        assert jobs.llen(queue) or stack.status(tenant, workflow, started)["status"] == "completed"
