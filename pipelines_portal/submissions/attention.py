"""How many tasks of what was sent need attention, by the index of tasks."""

from collections import Counter
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from pipelines_portal.api_client.task_status import NEEDS_ATTENTION
from pipelines_portal.submissions.days import SentLine
from pipelines_portal.submissions.models import SubmissionRow
from pipelines_portal.task_index.models import IndexedTask
from pipelines_portal.task_index.reads import TO_SHOW

# The newest so many are read. There are more only if nobody looks after them.
MOST_READ = 2_000


def add_attention(lines: Iterable[SentLine]) -> None:
    """Set `attention` of the lines whose tasks the person may see."""
    shown = [line for line in lines if getattr(line.first, "is_key_usable", False)]
    places = {(line.first.key_id, line.first.workflow_id) for line in shown}
    if not places:
        return
    keys = {key for key, _ in places}
    tasks = IndexedTask.objects.filter(TO_SHOW, status__in=NEEDS_ATTENTION, index__workflow__key__in=keys)
    needing = tasks.order_by("-task_id").values_list("index__workflow__key", "index__workflow__workflow_id", "task_id")
    found = {place for place in needing[:MOST_READ] if place[:2] in places}
    if not found:
        return
    rows = SubmissionRow.objects.filter(task_id__in={task_id for *_, task_id in found}).order_by()
    counts = Counter[UUID | None]()
    for *place, submission, group in rows.values_list(
        "submission__key", "submission__workflow_id", "task_id", "submission", "submission__group"
    ):
        if tuple(place) in found:
            counts[group or submission] += 1
    for line in shown:
        ids: list[Any] = [line.first.group] if line.first.group else [each.pk for each in line.submissions]
        line.attention = sum(counts[one] for one in ids)
