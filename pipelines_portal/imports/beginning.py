"""The beginning of an import, and its end before anything of it is on its way."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.shared.tidying import remove_each
from pipelines_portal.submissions.models import Submission
from pipelines_portal.web.names import one_line
from pipelines_portal.workflows.models import OpenedWorkflow

from .files import keep_file
from .jobs import work_now
from .models import WAITS_FOR_KEY, Import, ImportRow, RowState, State
from .requests import give_back, unsent_requests

# Up to there a page waits for what the worker would do.
DONE_AT_ONCE = 256 * 1024
LONGEST_NAME = 255
# Nothing may be lost that is on its way, or of which nobody knows what came.
ON_THE_WAY = (State.SENDING, State.UNCERTAIN)
IS_ON_THE_WAY = Q(state=State.UNCERTAIN) | Q(state=State.SENDING) & ~WAITS_FOR_KEY
UNSETTLED = (Submission.State.SENDING, Submission.State.UNKNOWN)
# Rows that somebody may still do something with.
LEFT = (RowState.READY, RowState.TO_FIX, RowState.TWICE, RowState.REJECTED)
LISTED = 20
IMPORTS_AT_ONCE = 100
logger = logging.getLogger(__name__)


def begin_import(
    by: User, workflow: OpenedWorkflow, file: "File[bytes]", name: str, token: UUID, zone: str = ""
) -> Import:
    """The import that this form begins, or began before."""
    place = {"key": workflow.key, "workflow_id": workflow.workflow_id, "workflow_name": workflow.name}
    with transaction.atomic():
        of, is_new = Import.objects.get_or_create(
            owner=by,
            token=token,
            defaults=place
            | {"file_name": one_line(name)[-LONGEST_NAME:] or "Rows", "size_bytes": file.size, "zone": zone},
        )
        if is_new:
            keep_file(of, file.chunks())
            record(Verb.IMPORT_BEGUN, by=by, target=of, label=of.label, size=of.size_bytes)
    return of


def work_if_small(of: Import) -> None:
    """What takes a moment is done before the page is shown. Whatever goes wrong, the worker tries again."""
    if of.size_bytes > DONE_AT_ONCE:
        return
    try:
        work_now(of)
    except Exception:
        logger.exception("Work on an import failed: the worker will try again")


def unfinished_imports(workflow: OpenedWorkflow) -> QuerySet[Import]:
    """Of all who use the key, the newest first: those that something is left to do with."""
    imports = Import.objects.filter(key=workflow.key, workflow_id=workflow.workflow_id)
    open_rows = ImportRow.objects.filter(of=OuterRef("pk"), generation=OuterRef("generation"), state__in=LEFT)
    left = imports.exclude(Q(state=State.CHECKED) & ~Exists(open_rows))
    return left.select_related("owner").defer("found", "matching", "schema", "task_counts", "walk")[:LISTED]


def remove_import(of: Import, by: User) -> bool:
    """Its file and rows are gone then; what was sent stays in the ledger. False while something is on its way."""
    with transaction.atomic():
        held = _removable(of)
        if held is None:
            transaction.set_rollback(True)
            return False
        record(Verb.IMPORT_REMOVED, by=by, target=held, label=held.label)
        held.delete()
    return True


def forget_old_imports() -> int:
    """Those nobody touched for long: what was sent is in the ledger. How many."""
    last = timezone.now() - timedelta(days=settings.IMPORT_RETENTION_DAYS)
    old = Import.objects.filter(changed_at__lt=last).exclude(state__in=ON_THE_WAY)
    return remove_each(old.only("pk").order_by("changed_at", "pk"), lambda of: _forget(of, last), IMPORTS_AT_ONCE)


def _forget(of: Import, last: datetime) -> bool:
    with transaction.atomic():
        held = _removable(of)
        if held is None or held.changed_at >= last:
            transaction.set_rollback(True)
            return False
        held.delete()
        return True


def _removable(of: Import) -> Import | None:
    """It, held, and what has not left given back. None while something is on its way; then undo what was given back.

    Of one that waits for an encryption key nothing leaves. Call in a transaction.
    """
    held = Import.objects.select_for_update().filter(pk=of.pk).exclude(IS_ON_THE_WAY).first()
    if held is None or held.requests.filter(submission__state__in=UNSETTLED).exists():
        return None
    # One that leaves just now is not given back.
    return held if all(give_back(unsent) for unsent in unsent_requests(held)) else None
