"""Who may see an import and act on it.

`Sheet.objects.visible_to` selects the imports that a person may see. Sending and looking up tasks need the key too.
"""

from uuid import UUID

from django.db.models import Exists, OuterRef
from django.http import Http404

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.models import Sheet
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.web.exceptions import NotAllowed
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.permissions import usable_workflow


def visible_import(user: User, import_id: UUID) -> tuple[OpenedWorkflow, Sheet]:
    """Return an import with its workflow. Raise Http404 if the person may not see it."""
    usable = Exists(SavedKey.objects.usable_by(user).filter(pk=OuterRef("key")))
    found = Sheet.objects.visible_to(user).filter(pk=import_id)
    sheet = found.select_related("owner").annotate(usable=usable).first()
    if sheet is None:
        raise Http404
    opened = OpenedWorkflow.objects.select_related("key__owner", "index")
    workflow = opened.filter(key=sheet.key_id, workflow_id=sheet.workflow_id).first()
    if workflow is None:
        usable_workflow(user, sheet.key_id, sheet.workflow_id)
        raise Http404
    sheet.key, sheet.is_key_usable = workflow.key.on_behalf_of(user), getattr(sheet, "usable", False)
    return workflow, sheet


def can_use_key(sheet: Sheet) -> bool:
    """Return whether the person for whom `visible_import` returned the import may use its key."""
    return sheet.is_key_usable


def can_type(sheet: Sheet, user: User) -> bool:
    """Return whether the person types rows in it: its owner, who may add rows, paste and pin. See `can_use_key`."""
    return sheet.is_typed and sheet.owner_id == user.pk and user.may_send and can_use_key(sheet)


def require_key(sheet: Sheet) -> None:
    """Raise NotAllowed if the person may see the import but not use its key. Call before the API is asked with it."""
    if not can_use_key(sheet):
        raise NotAllowed(f"The key {sheet.key.name} is no longer shared with you.")
