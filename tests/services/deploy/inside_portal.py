"""What the tests of many machines do inside a portal: see tests.inside_portal."""

from typing import Any

from pipelines_portal.entry.models import Sheet
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission


def send_in_small_requests(import_id: str, rows_per_request: int) -> None:
    """So that it takes as long as the faults."""
    Sheet.objects.filter(pk=import_id).update(rows_per_request=rows_per_request)


def ledger() -> list[dict[str, Any]]:
    """Every submission: its status, and the tasks it says it made."""
    Submission.objects.all().settle_overdue()
    return [
        {"status": one.status, "tasks": list(one.rows.exclude(task_id=None).values_list("task_id", flat=True))}
        for one in Submission.objects.all()
    ]


def read_newest_key() -> int:
    """Return its id."""
    return SavedKey.objects.latest("pk").pk
