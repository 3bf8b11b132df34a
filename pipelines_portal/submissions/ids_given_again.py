"""Whether a task is the one that a submission created: Pipelines gives IDs again after a restore of its database."""

from datetime import datetime

from pipelines_portal.task_index.models import CLOCKS_DIFFER


def is_created_within(created_at: datetime | None, since: datetime | None, until: datetime | None) -> bool:
    """Return whether a task was created while its submission was sent, as far as the times are known."""
    if created_at is None:
        return True
    is_early = since is not None and created_at < since - CLOCKS_DIFFER
    return not is_early and (until is None or created_at <= until + CLOCKS_DIFFER)
