"""A workflow's fields, kept for a minute in this process: who enters task after task asks for them once.

Whoever is refused with them asks again: see `forget_schema`.
"""

import time
from threading import Lock

from pipelines_portal.api_client import PipelinesClient, Schema

from .models import OpenedWorkflow
from .titles import remember_titles

SECONDS = 60.0
MOST = 500
_kept: dict[tuple[str, int], tuple[Schema, float]] = {}
_lock = Lock()


def kept_schema(workflow: OpenedWorkflow, client: PipelinesClient) -> Schema:
    """As the API said it within the last minute. Raises what asking for it raises."""
    schema, until = _kept.get(_place(workflow), (None, 0.0))
    if schema is not None and time.monotonic() < until:
        return schema
    schema = client.schema(workflow.workflow_id)
    remember_titles(workflow, schema)
    with _lock:
        _kept.pop(_place(workflow), None)
        _kept[_place(workflow)] = schema, time.monotonic() + SECONDS
        if len(_kept) > MOST:
            del _kept[next(iter(_kept))]
    return schema


def forget_schema(workflow: OpenedWorkflow) -> None:
    """The API refused what was made by it: it may be another by now."""
    with _lock:
        _kept.pop(_place(workflow), None)


def forget_schemas() -> None:
    """For tests, whose APIs are not the same."""
    with _lock:
        _kept.clear()


def _place(workflow: OpenedWorkflow) -> tuple[str, int]:
    """By what is asked with: a key that was replaced is another one."""
    return workflow.key.fingerprint, workflow.workflow_id
