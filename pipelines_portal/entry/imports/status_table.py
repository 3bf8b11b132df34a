"""A download of all rows of an import, with the tasks that they became and the last known statuses of these."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from pipelines_portal.api_client.task_status import label_of
from pipelines_portal.entry.imports.downloads import (
    BATCH,
    cells_of,
    header_of,
    reasons_of,
)
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.entry.rows.row_list import WITH_ERRORS, look_of_row, requests_on_the_wire
from pipelines_portal.entry.rows.tasks import known_tasks, read_index, tasks_of
from pipelines_portal.matching.columns import OWN_COLUMNS, STATUS_COLUMNS, Matching

ALL_ROWS = "all"


def status_table(import_job: ImportJob) -> tuple[list[str], Iterator[list[Any]]]:
    """Return the header and the rows, in the order of the file."""
    number, reason = OWN_COLUMNS
    return [*header_of(import_job), number, *STATUS_COLUMNS, reason], _lines(import_job)


def _lines(import_job: ImportJob) -> Iterator[list[Any]]:
    index, matching = read_index(import_job), Matching.load(import_job.matching)
    rows = import_job.rows.defer("fields").order_by("number").iterator(BATCH)
    while batch := list(islice(rows, BATCH)):
        task_ids = tasks_of(batch)
        tasks = known_tasks(index, list(task_ids.values()))
        wrong = [row for row in batch if row.status in WITH_ERRORS]
        reasons = reasons_of(import_job, wrong) if wrong else {}
        on_the_wire = requests_on_the_wire(import_job, batch)
        for row in batch:
            task_id = task_ids.get(row.number)
            task = tasks.get(task_id or 0)
            word = look_of_row(import_job, row, on_the_wire).word
            status = label_of(task.status) if task else ""
            yield [
                *cells_of(row, matching), row.number, word, task_id or "", status,
                "; ".join(reasons.get(row.number, [])),
            ]  # fmt: skip
