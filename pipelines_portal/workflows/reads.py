"""The workflow of a page, and the workflows of the sidebar, read as SQL.

On SQLite they take 54 µs and 49 µs of CPU time; through the ORM 1,806 µs and 931 µs. The sidebar caches its workflows
(overview/sidebar.py).
"""

from dataclasses import dataclass

from pipelines_portal.accounts.models import Membership, User
from pipelines_portal.api_client.models import CREATABLE_STATUSES
from pipelines_portal.core.sql import LARGEST_ID, build_instance, column_list, fetch_rows
from pipelines_portal.keys.models import KeyShare, SavedKey
from pipelines_portal.workflows.models import OpenedWorkflow, WorkflowMark
from pipelines_portal.workflows.rules.stored import WorkflowRule

# The condition is that of SavedKeys.usable_by.
_USABLE_WORKFLOW = f"""
    SELECT {column_list(OpenedWorkflow, "w")}, {column_list(SavedKey, "k")}, {column_list(User, "o")},
        EXISTS (SELECT 1 FROM {WorkflowRule._meta.db_table} r
            WHERE r.key_id = w.key_id AND r.workflow_id = w.workflow_id AND r.is_on)
    FROM {OpenedWorkflow._meta.db_table} w
    JOIN {SavedKey._meta.db_table} k ON k.id = w.key_id
    JOIN {User._meta.db_table} o ON o.id = k.owner_id
    WHERE w.key_id = %s AND w.workflow_id = %s AND (k.owner_id = %s OR EXISTS (
        SELECT 1 FROM {KeyShare._meta.db_table} s WHERE s.key_id = w.key_id AND (s.user_id = %s OR s.team_id IN (
            SELECT m.team_id FROM {Membership._meta.db_table} m WHERE m.user_id = %s
        ))
    ))
"""  # noqa: S608 - names of our own tables
_KEY = len(OpenedWorkflow._meta.concrete_fields)
_OWNER = _KEY + len(SavedKey._meta.concrete_fields)
# The order of OpenedWorkflows.pinned_first.
_LISTED = f"""
    SELECT w.workflow_id, w.name, w.status, mark.is_pinned
    FROM {OpenedWorkflow._meta.db_table} w
    LEFT JOIN {WorkflowMark._meta.db_table} mark ON mark.workflow_id = w.id AND mark.user_id = %s
    WHERE w.key_id = %s AND NOT COALESCE(mark.is_hidden, FALSE)
    ORDER BY COALESCE(mark.is_pinned, FALSE) DESC, LOWER(w.name), w.workflow_id
    LIMIT %s
"""  # noqa: S608 - names of our own tables


@dataclass(frozen=True)
class ListedWorkflow:
    """A workflow in the sidebar."""

    workflow_id: int
    name: str
    status: str
    is_pinned: bool

    @property
    def number(self) -> str:
        """The ID as text. Templates localize numbers, which takes time."""
        return str(self.workflow_id)

    @property
    def accepts_tasks(self) -> bool:
        return self.status in CREATABLE_STATUSES


def read_listed_workflows(person_id: int, key_id: int, count: int) -> list[ListedWorkflow]:
    """Return the key's first workflows that the person does not hide: pinned ones, then by name."""
    rows = fetch_rows(_LISTED, [person_id, key_id, count])
    return [ListedWorkflow(number, name, status, bool(is_pinned)) for number, name, status, is_pinned in rows]


def read_usable_workflow(user: User, key_id: int, workflow_id: int) -> OpenedWorkflow | None:
    """Return the workflow as the key opened it, with `key` and `key.owner`, if the person may use the key."""
    if max(key_id, workflow_id) > LARGEST_ID:  # a URL may contain any number, a column may not
        return None
    for row in fetch_rows(_USABLE_WORKFLOW, [key_id, workflow_id, user.pk, user.pk, user.pk]):
        workflow = build_instance(OpenedWorkflow, row[:_KEY])
        workflow.key = build_instance(SavedKey, row[_KEY:_OWNER])
        workflow.key.owner = build_instance(User, row[_OWNER:-1])
        workflow.has_rules = bool(row[-1])
        return workflow
    return None
