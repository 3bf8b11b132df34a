"""Storages that fail under a real worker."""

import time
from pathlib import Path

from pipelines_portal.external_api.models import Upload
from tests import archives
from tests.external_api.factories import FILE_FIELD, Tenant
from tests.services.external_api.conftest import RunServer
from tests.services.external_api.workers import ServedStack, Worker, working

SECOND_ATTEMPT = 2
QUICK = {"UPLOAD_LEASE_SECONDS": "1", "UPLOAD_SWEEP_SECONDS": "0.2"}


def wait_for_second_attempt(stack: ServedStack, started: dict[str, str], worker: Worker) -> None:
    deadline = time.monotonic() + 60
    while (upload := Upload.objects.get(pk=started["upload_id"])).attempts < SECOND_ATTEMPT:
        assert upload.status == "processing", worker.output()
        assert time.monotonic() < deadline, worker.output()
        time.sleep(0.1)


def test_a_worker_that_cannot_write_tries_until_it_can(
    run_server: RunServer, database: str, tenant: Tenant, tmp_path: Path
) -> None:
    """S165, S167: a file is where the folder for files should be."""
    folder = tmp_path / "storage"
    env = {"EXTERNAL_API_DATABASE_URL": database, "STORAGE_URL": f"file://{folder}"}
    workflow = tenant.workflow(fields=[FILE_FIELD])
    with run_server(**env) as server, working(tmp_path / "log", **env, **QUICK) as worker:
        stack = ServedStack(server, "embedded", env)
        started = stack.stored(tenant, workflow, archives.flat_files())
        (folder / "files").write_text("in the way")
        assert stack.confirm(tenant, workflow, started).status_code == 202
        wait_for_second_attempt(stack, started, worker)
        (folder / "files").unlink()
        state = stack.wait(tenant, workflow, started)
    assert (state["status"], state["success_count"], state["errors"]) == ("completed", 3, [])
