"""Who may see an import and act on it.

`ImportJob.objects.visible_to` selects the imports that a person may see. Sending and looking up tasks need the key too.
"""

from uuid import UUID

from django.db.models import Exists, OuterRef
from django.http import Http404

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.web.exceptions import NotAllowed
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.permissions import usable_workflow


def visible_import(user: User, import_id: UUID) -> tuple[OpenedWorkflow, ImportJob]:
    """Return an import with its workflow. Raise Http404 if the person may not see it."""
    usable = Exists(SavedKey.objects.usable_by(user).filter(pk=OuterRef("key")))
    found = ImportJob.objects.visible_to(user).filter(pk=import_id)
    import_job = found.select_related("owner").annotate(usable=usable).first()
    if import_job is None:
        raise Http404
    opened = OpenedWorkflow.objects.select_related("key__owner", "index")
    workflow = opened.filter(key=import_job.key_id, workflow_id=import_job.workflow_id).first()
    if workflow is None:
        usable_workflow(user, import_job.key_id, import_job.workflow_id)
        raise Http404
    import_job.key, import_job.is_key_usable = workflow.key.on_behalf_of(user), getattr(import_job, "usable", False)
    return workflow, import_job


def can_use_key(import_job: ImportJob) -> bool:
    """Return whether the person for whom `visible_import` returned the import may use its key."""
    return import_job.is_key_usable


def can_type(import_job: ImportJob, user: User) -> bool:
    """Return whether the person types rows in it: its owner, who may add rows, paste and pin. See `can_use_key`."""
    return import_job.is_typed and import_job.owner_id == user.pk and user.may_send and can_use_key(import_job)


def require_key(import_job: ImportJob) -> None:
    """Raise NotAllowed if the person may see the import but not use its key. Call before the API is asked with it."""
    if not can_use_key(import_job):
        raise NotAllowed(f"The key {import_job.key.name} is no longer shared with you.")
