"""The pages of the task list and their cursors.

A cursor is the base64 of `{"last_id": N}`, where N is the last ID of the page.
"""

import base64
import binascii
import json
from typing import Any

from pipelines_portal.core.sql import LARGEST_ID
from pipelines_portal.external_api.http.errors import ApiError
from pipelines_portal.external_api.models import Negative, OrganizationKey
from pipelines_portal.external_api.tasks.serialization import task_payload, task_rows, tasks_of


def encode_cursor(last_id: int) -> str:
    return base64.b64encode(json.dumps({"last_id": last_id}).encode()).decode()


def decode_cursor(cursor: str) -> int:
    """Return the last ID of the page before, or raise 400."""
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
    """Return a page of tasks with IDs below `below`, newest first. It is empty if the key may not use the workflow.

    One more task is read to know whether there are more.
    """
    tasks = tasks_of(key, workflow_id).alias(negative=Negative("pk")).order_by("negative")
    if status is not None:
        tasks = tasks.filter(status=status)
    if below is not None:
        tasks = tasks.filter(negative__gt=-min(below, LARGEST_ID))
    rows = list(task_rows(tasks)[: limit + 1])
    page, has_more = rows[:limit], len(rows) > limit
    return {
        "tasks": [task_payload(row) for row in page],
        "next_cursor": encode_cursor(page[-1][0]) if has_more else None,
        "has_more": has_more,
    }
