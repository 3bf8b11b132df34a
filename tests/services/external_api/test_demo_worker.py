"""The demo in a background worker."""

import time
from pathlib import Path

from pipelines_portal.external_api.models import NodeInstance
from tests.external_api.factories import Tenant, make_tasks
from tests.services.external_api.workers import working


def test_the_worker_advances_the_tasks_of_the_demo(tenant: Tenant, tmp_path: Path) -> None:
    ids = make_tasks(tenant.workflow(), 20)
    with working(tmp_path / "log", "--demo", tenant.organization.name, "--demo-seconds", "0.05"):
        deadline = time.monotonic() + 120
        while not NodeInstance.objects.filter(task_id__in=ids, status="finished").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
