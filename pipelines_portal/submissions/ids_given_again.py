"""Whether a task is the one that a submission created: Pipelines gives IDs again after a restore of its database."""

from datetime import datetime, timedelta

from pipelines_portal.task_index.models import CLOCKS_DIFFER

SAME_CLOCK = timedelta()
# The columns of a submission to give to `is_created_within`.
SENT = ("created_at", "finished_at", "clock_ahead")


def is_created_within(
    created_at: datetime | None, since: datetime | None, until: datetime | None, ahead: timedelta
) -> bool:
    """Return whether a task was created while its submission was sent, as far as the times are known.

    `since` and `until` are times of this server, and Pipelines' clock was `ahead` then. If a proxy dated the
    responses, its clock may be the wrong one: a time that fits either clock fits.
    """
    if created_at is None:
        return True
    is_early = since is not None and created_at < since + min(ahead, SAME_CLOCK) - CLOCKS_DIFFER
    return not is_early and (until is None or created_at <= until + max(ahead, SAME_CLOCK) + CLOCKS_DIFFER)
