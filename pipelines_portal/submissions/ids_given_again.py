"""Whether a task is the one that a submission created: Pipelines gives IDs again after a restore of its database.

The index notes that by two times of Pipelines for one ID. Only then is the time of a task compared with that of its
submission, which is a time of this server: its clock may have been wrong.
"""

from datetime import datetime

from django.db.models import Exists, OuterRef

from pipelines_portal.task_index.models import CLOCKS_DIFFER, WorkflowIndex


def has_lasting_ids(submission: str = "") -> Exists:
    """Return the condition that the index of the submission's workflow has seen no ID given again."""
    prefix = f"{submission}__" if submission else ""
    place = {"workflow__key": OuterRef(f"{prefix}key"), "workflow__workflow_id": OuterRef(f"{prefix}workflow_id")}
    return Exists(WorkflowIndex.objects.filter(ids_restarted_at=None, **place))


def is_created_within(
    created_at: datetime | None, since: datetime | None, until: datetime | None, *, ids_last: bool
) -> bool:
    """Return whether a task was created while its submission was sent, as far as the times are known.

    With `ids_last`, the ID was given once only.
    """
    if created_at is None or ids_last:
        return True
    is_early = since is not None and created_at < since - CLOCKS_DIFFER
    return not is_early and (until is None or created_at <= until + CLOCKS_DIFFER)
