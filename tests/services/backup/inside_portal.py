"""What tests of backups ask a running portal: see tests.inside_portal."""

from typing import Any

from pipelines_portal.entry.models import Sheet
from pipelines_portal.submissions.models import Submission


def ledger() -> dict[str, list[Any]]:
    """Each submission: how it stands, what its rows say, and which tasks they became."""
    return {str(of.pk): [of.status, list(of.read_fields()), _tasks(of)] for of in Submission.objects.all()}


def _tasks(of: Submission) -> list[int]:
    return sorted(of.rows.exclude(task_id=None).values_list("task_id", flat=True))


def imports() -> list[list[str]]:
    return [[sheet.status, sheet.problem] for sheet in Sheet.objects.all()]
