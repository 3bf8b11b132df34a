"""Create the tasks of a confirmed archive in the background. Safe to run twice and to kill at any point."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import transaction
from django_tasks import task

from pipelines_portal.external_api.models import SentRows, Upload, UploadErrors
from pipelines_portal.external_api.storage.backends import get_storage
from pipelines_portal.external_api.storage.base import ChangedError, archive_name, files_prefix
from pipelines_portal.external_api.storage.quotas import bytes_left, over_quota
from pipelines_portal.external_api.tasks.create import insert_tasks
from pipelines_portal.external_api.tasks.validation import ErrorList, RowError
from pipelines_portal.external_api.uploads.archives import Archive, ArchiveError, open_archive
from pipelines_portal.external_api.uploads.files import FileStore, delete_unneeded_files
from pipelines_portal.external_api.uploads.rows import UploadRow, plan_rows, unpacked_bytes
from pipelines_portal.external_api.uploads.workers import Lease, LeaseLostError, StoppingError, take_lease
from pipelines_portal.external_api.uploads.zip_rows import NoRowsError
from pipelines_portal.external_api.workflows.field_types import has_file_fields
from pipelines_portal.external_api.workflows.permissions import OPEN_STATUSES

logger = logging.getLogger(__name__)
ROWS_AT_ONCE = 100
IGNORED_NAMED = 100
# Many attempts, so that a storage that is down for minutes fails no upload.
MAX_ATTEMPTS = 20
GAVE_UP = (
    f"The archive could not be processed: {MAX_ATTEMPTS} attempts broke off on the server, for lack of space or "
    "because a part of it failed. Start a new upload, or ask those who run the server."
)


class UnusableError(Exception):
    """The upload cannot be processed. The message says why."""


@task
def process_upload(upload_id: str) -> None:
    """Process the rows, starting where the last worker stopped.

    A problem of the archive ends the upload. A failure on our side (a full disk, a storage that does not answer) ends
    this job only: the lease runs out, and the upload is queued again.
    """
    lease = take_lease(UUID(upload_id))
    if lease is None:
        return
    upload = Upload.objects.select_related("workflow").get(pk=lease.upload_id)
    try:
        _work_or_requeue(upload, lease)
    except StoppingError:
        return
    except LeaseLostError:
        logger.warning("Upload %s was taken over by another worker", upload_id)
        return
    if not _is_given_up(upload):
        SentRows.objects.filter(upload=upload).delete()
        delete_unneeded_files(upload)


def _work_or_requeue(upload: Upload, lease: Lease) -> None:
    try:
        _work(upload, lease)
    except StoppingError:
        with transaction.atomic():
            lease.release()
            process_upload.enqueue(str(upload.pk))
        logger.info("Upload %s is queued for another worker", upload.pk)
        raise


def _is_given_up(upload: Upload) -> bool:
    """Return whether it failed too often. Its archive then stays until the sweep."""
    return upload.attempts > MAX_ATTEMPTS


def _work(upload: Upload, lease: Lease) -> None:
    try:
        _require_processable(upload)
        with _opened(upload, lease) as archive:
            _create_tasks(upload, lease, archive)
    except (UnusableError, ArchiveError, NoRowsError) as error:
        lease.finish(Upload.Status.FAILED, _reason(upload, error))
    else:
        lease.finish(Upload.Status.COMPLETED)


def _require_processable(upload: Upload) -> None:
    if _is_given_up(upload):
        raise UnusableError(GAVE_UP)
    if upload.workflow.status not in OPEN_STATUSES:
        raise UnusableError("Workflow must be ACTIVE or PAUSED to create tasks")
    if not has_file_fields(upload.workflow.fields):
        raise UnusableError("Workflow has no file_upload fields")


def _reason(upload: Upload, error: Exception) -> str:
    made = upload.success_count or 0
    if not made:
        return str(error)
    tasks = "1 task had" if made == 1 else f"{made:,} tasks had"
    return f"{str(error).rstrip('.')}. {tasks} been created before."


@contextmanager
def _opened(upload: Upload, lease: Lease) -> Iterator[Archive]:
    stored = get_storage().open(archive_name(upload.pk), upload.archive_fingerprint or "", lease.renew_if_due)
    try:
        with stored as file, open_archive(file, lease.renew_if_due) as archive:
            yield archive
    except ChangedError as error:
        raise UnusableError("The archive was changed or removed after it was confirmed.") from error


def _create_tasks(upload: Upload, lease: Lease, archive: Archive) -> None:
    rows, ignored = plan_rows(upload, archive, lease)
    lease.renew(ignored_count=len(ignored), ignored_files=ignored[:IGNORED_NAMED])
    _reserve_room(upload, lease, unpacked_bytes(rows, archive))
    store = FileStore(upload, archive, lease)
    stored = upload.error_batches.values_list("errors", flat=True)
    error_list = ErrorList(sum(len(json.dumps(errors)) for errors in stored))
    for start in range(upload.rows_done, len(rows), ROWS_AT_ONCE):
        batch = rows[start : start + ROWS_AT_ONCE]
        for row in batch:
            store.store_files(row)
        _save(upload, lease, batch, error_list.of(row.problems for row in batch))


def _reserve_room(upload: Upload, lease: Lease, unpacked: int) -> None:
    """Count both the archive and its unpacked files against the quota while both exist."""
    storage = get_storage()
    stored = storage.find(archive_name(upload.pk))
    kept = unpacked + (stored.size if stored else 0)
    if kept > bytes_left(upload.workflow.organization_id, but=upload):
        raise UnusableError(over_quota())
    storage.require_room(unpacked - sum(storage.sizes(files_prefix(upload.pk)).values()))
    lease.renew(kept_bytes=kept)


def _save(upload: Upload, lease: Lease, batch: list[UploadRow], errors: list[RowError]) -> None:
    """Create the tasks of a batch and record the progress, both or neither."""
    good = [row for row in batch if not row.problems]
    upload.rows_done += len(batch)
    upload.success_count = (upload.success_count or 0) + len(good)
    upload.error_count = upload.rows_done - upload.success_count
    progress = ("rows_done", "success_count", "error_count")
    with transaction.atomic():
        lease.renew(attempts=0, **{name: getattr(upload, name) for name in progress})
        if errors:
            UploadErrors.objects.create(
                upload=upload, first_row=batch[0].index, errors=[error.as_dict() for error in errors]
            )
        insert_tasks(
            upload.workflow, [row.values for row in good], upload=upload, upload_rows=[row.index for row in good]
        )
