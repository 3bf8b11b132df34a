"""Making tasks of a confirmed archive, in the background. Safe to run twice, and to be killed anywhere."""

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
from pipelines_portal.external_api.uploads.archive_names import ArchiveError
from pipelines_portal.external_api.uploads.archives import Archive, open_archive
from pipelines_portal.external_api.uploads.files import FileKeeper, delete_unneeded_files
from pipelines_portal.external_api.uploads.rows import UploadRow, plan_rows, unpacked_bytes
from pipelines_portal.external_api.uploads.workers import Lease, LeaseLostError, ToldToEndError, take_lease
from pipelines_portal.external_api.uploads.zip_rows import NoRowsError
from pipelines_portal.external_api.workflows.access import OPEN_STATUSES
from pipelines_portal.external_api.workflows.fields import has_file_fields

logger = logging.getLogger(__name__)
ROWS_AT_ONCE = 100
# A storage that is down for minutes must not cost anyone their upload.
MAX_ATTEMPTS = 20
GAVE_UP = (
    f"The archive could not be processed: {MAX_ATTEMPTS} attempts broke off on the server, for lack of space or "
    "because a part of it failed. Start a new upload, or ask those who run the server."
)


class UnusableError(Exception):
    """The upload comes to nothing; the text says why."""


@task
def process_upload(upload_id: str) -> None:
    """Work through the rows from where the last worker left off.

    What is wrong with the archive ends the upload. What fails on our side (a full disk, a storage that does not answer)
    ends this job only: nobody keeps the lease, and the upload is queued again when it has run out.
    """
    lease = take_lease(UUID(upload_id))
    if lease is None:
        return
    upload = Upload.objects.select_related("workflow").get(pk=lease.upload_id)
    try:
        _work_or_leave(upload, lease)
    except ToldToEndError:
        return
    except LeaseLostError:
        logger.warning("Upload %s was taken over by another worker", upload_id)
        return
    if not _is_given_up(upload):
        SentRows.objects.filter(upload=upload).delete()
        delete_unneeded_files(upload)


def _work_or_leave(upload: Upload, lease: Lease) -> None:
    try:
        _work(upload, lease)
    except ToldToEndError:
        with transaction.atomic():
            lease.give_back()
            process_upload.enqueue(str(upload.pk))
        logger.info("Upload %s is left to another worker", upload.pk)
        raise


def _is_given_up(upload: Upload) -> bool:
    """The archive is then kept until it is swept: it was not looked at to the end."""
    return upload.attempts > MAX_ATTEMPTS


def _work(upload: Upload, lease: Lease) -> None:
    try:
        _require_processable(upload)
        with _opened(upload, lease) as archive:
            _make_tasks(upload, lease, archive)
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
    stored = get_storage().open(archive_name(upload.pk), upload.archive_fingerprint or "", lease.keep_if_due)
    try:
        with stored as file, open_archive(file, lease.keep_if_due) as archive:
            yield archive
    except ChangedError as error:
        raise UnusableError("The archive was changed or removed after it was confirmed.") from error


def _make_tasks(upload: Upload, lease: Lease, archive: Archive) -> None:
    rows = plan_rows(upload, archive, lease)
    _reserve_room(upload, lease, unpacked_bytes(rows, archive))
    keeper = FileKeeper(upload, archive, lease)
    for start in range(upload.rows_done, len(rows), ROWS_AT_ONCE):
        batch = rows[start : start + ROWS_AT_ONCE]
        for row in batch:
            keeper.keep_files(row)
        _save(upload, lease, batch)


def _reserve_room(upload: Upload, lease: Lease, unpacked: int) -> None:
    """Archive and files stand side by side for a while, and count against the organization's quota as long."""
    storage = get_storage()
    stored = storage.find(archive_name(upload.pk))
    kept = unpacked + (stored.size if stored else 0)
    if kept > bytes_left(upload.workflow.organization_id, but=upload):
        raise UnusableError(over_quota())
    storage.require_room(unpacked - sum(storage.sizes(files_prefix(upload.pk)).values()))
    lease.keep(kept_bytes=kept)


def _save(upload: Upload, lease: Lease, batch: list[UploadRow]) -> None:
    """The tasks of some rows and the note that they are made, both or neither."""
    good = [row for row in batch if not row.problems]
    errors = [error.as_dict() for row in batch for error in row.problems.errors()]
    upload.rows_done += len(batch)
    upload.success_count = (upload.success_count or 0) + len(good)
    upload.error_count = upload.rows_done - upload.success_count
    progress = ("rows_done", "success_count", "error_count")
    with transaction.atomic():
        lease.keep(attempts=0, **{name: getattr(upload, name) for name in progress})
        if errors:
            UploadErrors.objects.create(upload=upload, first_row=batch[0].index, errors=errors)
        insert_tasks(
            upload.workflow, [row.values for row in good], upload=upload, upload_rows=[row.index for row in good]
        )
