"""The pages of the task list, and the cursor that leads from one to the next.

It is base64 of `{"last_id": N}`, N the last id on the page served.
"""

import base64
import binascii
import json
from functools import cache
from typing import Any

from django.db.models import BigIntegerField, CharField, QuerySet

from pipelines_portal.external_api.http.errors import ApiError
from pipelines_portal.external_api.models import Negative, OrganizationKey, Task
from pipelines_portal.external_api.tasks.serialization import task_payload, task_rows
from pipelines_portal.external_api.workflows.access import is_within
from pipelines_portal.shared.prepared import LARGEST, Given, Prepared, prepared

Rows = QuerySet[Task, tuple[Any, ...]]
NUMBER = BigIntegerField()


def encode_cursor(last_id: int) -> str:
    return base64.b64encode(json.dumps({"last_id": last_id}).encode()).decode()


def decode_cursor(cursor: str) -> int:
    """The id the next page lies below, or 400."""
    try:
        last_id = json.loads(base64.b64decode(cursor, validate=True))["last_id"]
    except (binascii.Error, ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise ApiError(400, "Invalid cursor") from error
    if type(last_id) is not int or last_id < 1:
        raise ApiError(400, "Invalid cursor")
    return last_id


def task_page(
    key: OrganizationKey, workflow_id: int, *, limit: int, below: int | None, status: str | None
) -> dict[str, Any]:
    """Up to `limit` tasks, newest first, with ids below `below`; none where the workflow is not the key's to reach.

    One more is read to know whether there are more.
    """
    asked = _rows(limit + 1, is_below=below is not None, has_status=status is not None)
    after = -min(below or 0, LARGEST)
    rows = asked.all(organization=key.organization_id, workflow=workflow_id, status=status or "", after=after)
    page, has_more = rows[:limit], len(rows) > limit
    return {
        "tasks": [task_payload(row) for row in page],
        "next_cursor": encode_cursor(page[-1][0]) if has_more else None,
        "has_more": has_more,
    }


# For 200 sizes at most.
@cache
def _rows(count: int, *, is_below: bool, has_status: bool) -> Prepared[tuple[Any, ...]]:
    @prepared(organization=NUMBER, workflow=NUMBER, status=CharField(), after=NUMBER)
    def rows(organization: Given, workflow: Given, status: Given, after: Given) -> Rows:
        tasks = Task.objects.alias(negative=Negative("pk")).filter(workflow_id=workflow)
        tasks = tasks.filter(is_within(organization, workflow))
        if has_status:
            tasks = tasks.filter(status=status)
        if is_below:
            tasks = tasks.filter(negative__gt=after)
        return task_rows(tasks.order_by("negative"))[:count]

    return rows
