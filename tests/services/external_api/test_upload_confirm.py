"""POST confirm over HTTP, with workers that end and a storage that does not answer."""

from pathlib import Path
from typing import Any

import pytest

from pipelines_portal.external_api.models import WorkerHeartbeat
from tests import archives
from tests.external_api.factories import Tenant
from tests.external_api.test_upload_confirm import *  # noqa: F403 the same tests once more
from tests.external_api.test_upload_confirm import error_of
from tests.services.external_api.conftest import RunServer
from tests.services.external_api.workers import ServedStack, working

pytestmark = pytest.mark.full


def test_a_worker_that_ended_does_not_count(stack: ServedStack, tenant: Tenant, workflow: Any, tmp_path: Path) -> None:
    """S162: it deletes its heartbeat."""
    started = stack.stored(tenant, workflow, archives.flat_files())
    WorkerHeartbeat.objects.all().delete()  # of workers that other tests killed
    with working(tmp_path / "log", **stack.env) as worker:
        worker.process.terminate()
        worker.process.wait(timeout=30)
        assert stack.confirm(tenant, workflow, started).status_code == 503


def test_a_storage_that_does_not_answer_is_503(run_server: RunServer, tenant: Tenant, workflow: Any) -> None:
    """S86, S163: the upload stays pending."""
    env = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "STORAGE_URL": "s3://b?endpoint=http://127.0.0.1:9"}
    with run_server(**env) as server:
        stack = ServedStack(server, "s3", env)
        started = stack.start(tenant, workflow)
        assert error_of(stack.confirm(tenant, workflow, started))[:2] == (503, "service_unavailable")
        assert stack.status(tenant, workflow, started)["status"] == "pending"
