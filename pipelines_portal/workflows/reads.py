"""The workflow of a page with its key and the key's owner. Through the ORM the read takes 6 times the CPU time."""

from pipelines_portal.accounts.models import User
from pipelines_portal.saved_keys.models import KeyShare, SavedKey
from pipelines_portal.shared.hot_reads import LARGEST_ID, columns_of, instance_of, rows_of
from pipelines_portal.teams.models import Membership

from .models import OpenedWorkflow

# The condition of SavedKeys.usable_by.
_SQL = f"""
    SELECT {columns_of(OpenedWorkflow, "w")}, {columns_of(SavedKey, "k")}, {columns_of(User, "o")}
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


def read_usable_workflow(user: User, key_id: int, workflow_id: int) -> OpenedWorkflow | None:
    """Return the workflow as the key opened it, with `key` and `key.owner`, if the person may use the key."""
    if max(key_id, workflow_id) > LARGEST_ID:  # an address may hold any number, a column does not
        return None
    for row in rows_of(_SQL, [key_id, workflow_id, user.pk, user.pk, user.pk]):
        workflow = instance_of(OpenedWorkflow, row[:_KEY])
        workflow.key = instance_of(SavedKey, row[_KEY:_OWNER])
        workflow.key.owner = instance_of(User, row[_OWNER:])
        return workflow
    return None
