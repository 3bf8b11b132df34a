"""A workflow's fields, kept for a minute in this process: who enters task after task asks for them once.

Whoever is refused with them asks again: see `forget_schema`.
"""

import time

from pipelines_portal.api_client import PipelinesClient, Schema
from pipelines_portal.core.bounded import Bounded
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.titles import remember_titles

SECONDS = 60.0
MOST = 500
_kept: Bounded[tuple[str, int], tuple[Schema, float]] = Bounded(MOST)


def kept_schema(workflow: OpenedWorkflow, client: PipelinesClient) -> Schema:
    """As the API said it within the last minute. Raises what asking for it raises."""
    kept = _kept.get(_place(workflow))
    if kept is not None and time.monotonic() < kept[1]:
        return kept[0]
    schema = client.schema(workflow.workflow_id)
    remember_titles(workflow, schema)
    _kept.put(_place(workflow), (schema, time.monotonic() + SECONDS))
    return schema


def schema_of_form(workflow: OpenedWorkflow, client: PipelinesClient, digest: str) -> Schema:
    """For a form that was made by the schema of `digest`: where another one is kept, another process may know better.

    Raises as `kept_schema` does.
    """
    schema = kept_schema(workflow, client)
    if not digest or digest == schema.digest:
        return schema
    forget_schema(workflow)
    return kept_schema(workflow, client)


def forget_schema(workflow: OpenedWorkflow) -> None:
    """The API refused what was made by it: it may be another by now."""
    _kept.drop(_place(workflow))


def forget_schemas() -> None:
    """For tests, whose APIs are not the same."""
    _kept.clear()


def _place(workflow: OpenedWorkflow) -> tuple[str, int]:
    """By what is asked with: a key that was replaced is another one."""
    return workflow.key.fingerprint, workflow.workflow_id
