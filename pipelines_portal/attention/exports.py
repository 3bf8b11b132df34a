"""A group as a table: its tasks, with the values that the reader may see."""

from collections.abc import Iterator
from typing import Any

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client.task_status import label_of
from pipelines_portal.attention.models import ProblemGroup
from pipelines_portal.core.times import in_zone
from pipelines_portal.submissions.origin import briefs_of_tasks
from pipelines_portal.task_index.models import IndexedTask
from pipelines_portal.workflows.fields.reading.times import time_or_value
from pipelines_portal.workflows.titles import column_titles, titles_of

BATCH = 500


def header_and_rows(reader: User, group: ProblemGroup) -> tuple[list[str], Iterator[list[Any]]]:
    """Return a table with a row for each task, newest first. The list of tasks is fixed when it is called."""
    workflow = group.workflow
    titles = column_titles(titles_of(workflow.key_id, workflow.workflow_id))
    header = ["Task ID", "Status", "Steps finished", "Steps", in_zone("Created"), in_zone("Updated"), "Sent by"]
    return [*header, *titles.values()], _rows(reader, group, list(reversed(group.task_ids())), titles)


def _rows(reader: User, group: ProblemGroup, task_ids: list[int], titles: dict[str, str]) -> Iterator[list[Any]]:
    workflow = group.workflow
    for start in range(0, len(task_ids), BATCH):
        some = task_ids[start : start + BATCH]
        known = {one.task_id: one for one in IndexedTask.objects.filter(index__workflow=workflow, task_id__in=some)}
        created = {task_id: known[task_id].created_at if task_id in known else None for task_id in some}
        briefs = briefs_of_tasks(reader, workflow.key, workflow.workflow_id, created)
        for task_id in some:
            brief, task = briefs.get(task_id), known.get(task_id)
            fields = (brief.fields if brief else None) or {}
            facts: list[Any] = [None] * 5
            if task is not None:
                facts = [label_of(task.status), task.nodes_finished, task.nodes, task.created_at, task.updated_at]
            values = (time_or_value(fields.get(name)) for name in titles)
            yield [task_id, *facts, brief.by if brief else None, *values]
