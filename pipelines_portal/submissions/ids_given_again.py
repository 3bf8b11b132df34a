"""Whether a task is the one that a submission created: Pipelines gives IDs again after a restore of its database.

An answer that names an ID is of a task that exists by then. So only a task that was created later is another one, by
the clock of Pipelines: the clock of this server may be wrong, and be set right between two tries.
"""

from datetime import datetime

from django.utils import timezone

from pipelines_portal.task_index.models import CLOCKS_DIFFER
from pipelines_portal.web.api_connection import clock_ahead


def latest_creation() -> datetime:
    """Return until when tasks can have been created that are known now. Too late is safer than too early."""
    return timezone.now() + clock_ahead()


def is_same_task(created_at: datetime | None, created_by: datetime | None) -> bool:
    """Return whether a task may be the one of a submission whose tasks were all created by then, as far as is known."""
    return created_at is None or created_by is None or created_at <= created_by + CLOCKS_DIFFER
