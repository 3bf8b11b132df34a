"""What tests do inside a running External API, past its endpoints: called by name through `ExternalApi.run`."""

import time
from datetime import UTC, datetime, timedelta

from pipelines_portal.external_api.models import Task
from pipelines_portal.external_api.storage.signed_urls import signed_url
from pipelines_portal.external_api.uploads.workers import worker_is_live


def expired_link(origin: str, upload_id: str) -> str:
    """Signed as it should be, and five seconds too old."""
    return signed_url(origin, f"archives/{upload_id}.zip", datetime.now(UTC) - timedelta(seconds=5))


def wait_for_a_worker(seconds: float) -> None:
    """Until one has said that it lives: before that no archive is taken."""
    given_up = time.monotonic() + seconds
    while not worker_is_live():
        assert time.monotonic() < given_up, "The External API's worker did not start."
        time.sleep(0.1)


def task_ids(workflow_id: int) -> list[int]:
    """The oldest first."""
    return list(Task._default_manager.filter(workflow_id=workflow_id).order_by("pk").values_list("pk", flat=True))


def set_status(task_ids: list[int], status: str, hours_ago: float = 0) -> None:
    """As people and programs at Pipelines would, so long ago."""
    moment = datetime.now(UTC) - timedelta(hours=hours_ago)
    Task._default_manager.filter(pk__in=task_ids).update(status=status, updated_at=moment)
