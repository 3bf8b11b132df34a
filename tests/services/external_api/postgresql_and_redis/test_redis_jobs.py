"""Jobs in Redis: no job is lost when a worker dies or Redis is away."""

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
from tests.external_api.factories import FILE_FIELD, Tenant
from tests.external_api.server import free_port
from tests.services.external_api.conftest import RunServer
from tests.services.external_api.workers import ServedStack, working

QUICK = {"UPLOAD_LEASE_SECONDS": "3", "UPLOAD_SWEEP_SECONDS": "0.5"}
# A script that keeps Redis busy for three seconds.
BUSY = (
    "local now = function() return tonumber(redis.call('TIME')[1]) end local till = now() + 3 while now() < till do end"
)


class Redis:
    """A Redis server of the test's own. It has its data again after it was killed and started."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        options = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), *options]
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
def empty_queue() -> None:
    """Delete the jobs of other tests, which would be pushed to Redis here."""
    DBTaskResult.objects.all().delete()


@pytest.fixture
def stack(own_redis: Redis, run_server: RunServer, database: str) -> Iterator[ServedStack]:
    env = {"TASKS_BACKEND": "redis", "TASKS_URL": own_redis.url, **QUICK}
    with run_server(**env) as server:
        env |= {"DATA_DIR": str(settings.DATA_DIR), "EXTERNAL_API_DATABASE_URL": database}
        yield ServedStack(server, "embedded", env)


def confirmed(stack: ServedStack, tenant: Tenant, workflow: Any, archive: Any) -> dict[str, Any]:
    started = stack.stored(tenant, workflow, archive)
    answer = stack.confirm(tenant, workflow, started)
    assert answer.status_code == 202, answer.text
    return started


def wait_until(condition: Any, what: str) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@pytest.mark.full
def test_a_killed_workers_job_is_taken_by_the_next(
    own_redis: Redis, stack: ServedStack, tenant: Tenant, tmp_path: Path
) -> None:
    """S165, S167: in the end there is one task for every file."""
    workflow = tenant.workflow(fields=[FILE_FIELD])
    with working(tmp_path / "log", **stack.env) as worker:
        started = confirmed(stack, tenant, workflow, archives.five_thousand_files())
        wait_until(lambda: workflow.tasks.count() >= 300, "it never began")
        worker.kill()
    assert 300 <= workflow.tasks.count() < 5000
    with working(tmp_path / "log", **stack.env):
        state = stack.wait(tenant, workflow, started)
    assert (state["status"], state["success_count"]) == ("completed", 5000)
    assert workflow.tasks.count() == 5000
    assert not DBTaskResult.objects.exists(), "the database had none of the jobs"


def test_while_redis_is_away_jobs_wait_in_the_database(
    own_redis: Redis, stack: ServedStack, tenant: Tenant, tmp_path: Path
) -> None:
    """The client notices nothing. The worker logs it, and takes the job when Redis is back."""
    workflow = tenant.workflow(fields=[FILE_FIELD])
    with working(tmp_path / "log", **stack.env) as worker:
        assert stack.process(tenant, workflow, archives.flat_files())["status"] == "completed"
        own_redis.kill()
        started = confirmed(stack, tenant, workflow, archives.flat_files())
        assert DBTaskResult.objects.ready().count() == 1
        wait_until(lambda: "could not connect to Redis" in worker.output(), "the worker said nothing")
        wait_until(lambda: "Redis takes no jobs yet" in worker.output(), "the sweep said nothing")
        assert stack.status(tenant, workflow, started)["status"] == "processing"
        own_redis.start()
        assert stack.wait(tenant, workflow, started)["status"] == "completed"
        assert not DBTaskResult.objects.exists()
        assert "Traceback" not in worker.output()
        assert Upload.objects.get(pk=started["upload_id"]).success_count == 3


@pytest.mark.full
def test_jobs_of_another_secret_key_are_logged_and_left(
    own_redis: Redis, stack: ServedStack, tenant: Tenant, tmp_path: Path
) -> None:
    workflow = tenant.workflow(fields=[FILE_FIELD])
    WorkerHeartbeat.objects.create(worker_id="ended", seen_at=timezone.now())
    started = confirmed(stack, tenant, workflow, archives.flat_files())
    with working(tmp_path / "log", **stack.env | {"SECRET_KEY": "changed " * 8}) as worker:
        wait_until(
            lambda: "that no worker takes: 1 in the queue external_api-" in worker.output(), "the worker said nothing"
        )
    with working(tmp_path / "log", **stack.env) as worker:
        assert stack.wait(tenant, workflow, started)["status"] == "completed"
        assert worker.output().count("that no worker takes") == 1


@pytest.mark.full
def test_a_job_is_not_lost_if_sigterm_arrives_while_redis_hands_it_out(
    own_redis: Redis, stack: ServedStack, tenant: Tenant, tmp_path: Path
) -> None:
    """Redis removes the job from the queue a while before its response reaches the worker."""
    workflow = tenant.workflow(fields=[FILE_FIELD])
    WorkerHeartbeat.objects.create(worker_id="ended", seen_at=timezone.now())
    started = confirmed(stack, tenant, workflow, archives.flat_files())
    with redis.Redis.from_url(own_redis.url, socket_timeout=60) as jobs:
        (queue,) = jobs.smembers("rq:queues")
        job = jobs.lpop(queue)
        with working(tmp_path / "log", **stack.env) as worker:
            wait_until(lambda: any(one["cmd"] == "blpop" for one in jobs.client_list()), "the worker never looked")
            giving = threading.Thread(target=jobs.pipeline(False).rpush(queue, job).eval(BUSY, 0).execute)
            giving.start()
            time.sleep(0.5)
            worker.process.terminate()
            assert worker.process.wait(60) == 0
        giving.join()
        assert jobs.llen(queue) or stack.status(tenant, workflow, started)["status"] == "completed"
