"""The beginning of an import."""

import logging
from uuid import UUID

from django.core.files.base import File
from django.db import transaction

from pipelines_portal.accounts.models import User
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.names import one_line
from pipelines_portal.core.page_work import OutOfTime, page_work
from pipelines_portal.entry.imports.files import keep_file
from pipelines_portal.entry.imports.jobs import work_now
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.keys.permissions import teams_through
from pipelines_portal.workflows.models import OpenedWorkflow

# A larger file takes longer than a person waits for a page.
DONE_AT_ONCE = 256 * 1024
LONGEST_NAME = 255
logger = logging.getLogger(__name__)


def begin_import(
    by: User, workflow: OpenedWorkflow, file: "File[bytes]", name: str, token: UUID, zone: str = ""
) -> ImportJob:
    """The import that this form begins, or began before."""
    place = {"key": workflow.key, "workflow_id": workflow.workflow_id, "workflow_name": workflow.name}
    with transaction.atomic():
        import_job, is_new = ImportJob.objects.get_or_create(
            owner=by,
            token=token,
            defaults=place
            | {"file_name": one_line(name)[-LONGEST_NAME:] or "Rows", "size_bytes": file.size, "zone": zone},
        )
        if is_new:
            import_job.teams.set(teams_through(by, workflow.key))
            keep_file(import_job, file.chunks())
            record(Verb.IMPORT_BEGUN, by=by, target=import_job, label=import_job.label, size=import_job.size_bytes)
    return import_job


def work_if_small(import_job: ImportJob, by: User) -> None:
    """Read and check it before the page is shown, if that takes a moment. The worker does what is left or failed."""
    if import_job.size_bytes > DONE_AT_ONCE:
        return
    try:
        with page_work(by.pk) as budget:
            work_now(import_job, budget)
    except OutOfTime:
        pass
    except Exception:
        logger.exception("Work on an import failed: the worker will try again")
