"""Making tasks of a confirmed archive, in the background. Safe to run twice, and to be killed anywhere."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import transaction
from django_tasks import task

from pipelines_portal.external_api.access import OPEN_STATUSES
from pipelines_portal.external_api.archives import Archive, ArchiveError, open_archive
from pipelines_portal.external_api.create_tasks import insert_tasks
from pipelines_portal.external_api.leases import Lease, LeaseLostError, take_lease
from pipelines_portal.external_api.models import SentRows, Upload
from pipelines_portal.external_api.storage import ChangedError, archive_name, get_storage
from pipelines_portal.external_api.unneeded_files import delete_what_is_not_needed
from pipelines_portal.external_api.upload_rows import FileKeeper, UploadRow, plan_rows
from pipelines_portal.external_api.workflow_fields import has_file_fields
from pipelines_portal.external_api.zip_rows import NoRowsError

logger = logging.getLogger(__name__)
ROWS_AT_ONCE = 100
# A storage that is down for minutes must not cost anyone their upload.
MAX_ATTEMPTS = 20


class UnusableError(Exception):
    """The upload comes to nothing; the text says why."""


@task
def process_upload(upload_id: str) -> None:
    """Work through the rows from where the last worker left off."""
    lease = take_lease(UUID(upload_id))
    if lease is None:
        return
    upload = Upload.objects.select_related("workflow").get(pk=lease.upload_id)
    try:
        _work(upload, lease)
    except LeaseLostError:
        logger.warning("Upload %s was taken over by another worker", upload_id)
        return
    SentRows.objects.filter(upload=upload).delete()
    delete_what_is_not_needed(upload)


def _work(upload: Upload, lease: Lease) -> None:
    try:
        _require_a_chance(upload)
        with _opened(upload, lease) as archive:
            _make_tasks(upload, lease, archive)
    except (UnusableError, ArchiveError, NoRowsError) as error:
        lease.finish(Upload.Status.FAILED, _reason(upload, error))
    else:
        lease.finish(Upload.Status.COMPLETED)


def _require_a_chance(upload: Upload) -> None:
    if upload.attempts > MAX_ATTEMPTS:
        raise UnusableError("The archive could not be processed.")
    if upload.workflow.status not in OPEN_STATUSES:
        raise UnusableError("Workflow must be ACTIVE or PAUSED to create tasks")
    if not has_file_fields(upload.workflow.fields):
        raise UnusableError("Workflow has no file_upload fields")


def _reason(upload: Upload, error: Exception) -> str:
    made = upload.success_count or 0
    return f"{error} {made:,} tasks had been created before." if made else str(error)


@contextmanager
def _opened(upload: Upload, lease: Lease) -> Iterator[Archive]:
    stored = get_storage().open(archive_name(upload.pk), upload.archive_fingerprint or "", lease.keep_if_due)
    try:
        with stored as file, open_archive(file) as archive:
            yield archive
    except ChangedError as error:
        raise UnusableError("The archive was changed or removed after it was confirmed.") from error


def _make_tasks(upload: Upload, lease: Lease, archive: Archive) -> None:
    rows = plan_rows(upload, archive)
    upload.errors = upload.errors or []
    keeper = FileKeeper(upload, archive, lease)
    for start in range(upload.rows_done, len(rows), ROWS_AT_ONCE):
        batch = rows[start : start + ROWS_AT_ONCE]
        for row in batch:
            keeper.keep_files(row)
        _save(upload, lease, batch)


def _save(upload: Upload, lease: Lease, batch: list[UploadRow]) -> None:
    """The tasks of some rows and the note that they are made, both or neither."""
    good = [row for row in batch if not row.errors]
    upload.rows_done += len(batch)
    upload.success_count = (upload.success_count or 0) + len(good)
    upload.error_count = upload.rows_done - upload.success_count
    upload.errors.extend(error.as_dict() for row in batch for error in row.errors)
    progress = ("rows_done", "success_count", "error_count", "errors")
    with transaction.atomic():
        lease.keep(attempts=0, **{name: getattr(upload, name) for name in progress})
        insert_tasks(
            upload.workflow, [row.values for row in good], upload=upload, upload_rows=[row.index for row in good]
        )
