"""A storage that fails while files are saved: the archive is not called damaged, and no task is lost."""

import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from django.utils import timezone

from pipelines_portal.external_api.models import Upload, Workflow
from pipelines_portal.external_api.storage.backends import get_storage
from pipelines_portal.external_api.storage.base import Readable, Storage, StorageFullError, archive_name
from pipelines_portal.external_api.storage.location import EmbeddedLocation
from pipelines_portal.external_api.uploads.process import GAVE_UP, MAX_ATTEMPTS, process_upload
from tests import archives
from tests.external_api.factories import FILE_FIELD, Tenant

ENDPOINT = {"endpoint_url": "http://storage.test"}
FAULTS: dict[str, Exception] = {
    "disk full": OSError(errno.ENOSPC, "No space left on device"),
    "not allowed": OSError(errno.EACCES, "Permission denied"),
    "no answer": ReadTimeoutError(**ENDPOINT),
    "no connection": ConnectTimeoutError(**ENDPOINT),
}
SECOND_FILE = 2


@pytest.fixture
def storage(tmp_path: Path, settings: Any) -> Iterator[Storage]:
    """A storage of the test's own, which it may break."""
    settings.STORAGE = EmbeddedLocation(tmp_path / "storage")
    get_storage.cache_clear()
    yield get_storage()
    get_storage.cache_clear()


@pytest.fixture
def upload(tenant: Tenant, storage: Storage, tmp_path: Path) -> Upload:
    """A confirmed upload of three files."""
    workflow: Workflow = tenant.workflow(fields=[FILE_FIELD])
    upload = Upload.objects.create(workflow=workflow, status="processing", expires_at=timezone.now())
    path = tmp_path / "archive.zip"
    path.write_bytes(archives.flat_files())
    with path.open("rb") as content:
        storage.save(archive_name(upload.pk), content)
    upload.archive_fingerprint = storage.find(archive_name(upload.pk)).fingerprint
    upload.save()
    return upload


def fail_once(storage: Storage, fault: Exception, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Let `fault` happen in the middle of the second file. The returned function counts the files."""
    save, names = storage.save, []

    def save_or_fail(name: str, content: Readable) -> None:
        names.append(name)
        if len(names) == SECOND_FILE:
            content.read(10)
            raise fault
        save(name, content)

    monkeypatch.setattr(storage, "save", save_or_fail)
    return lambda: len(names)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_next_attempt_completes_an_upload_that_failed(
    storage: Storage, upload: Upload, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S165, S167: the upload stays as it was until the storage works again."""
    saved = fail_once(storage, FAULTS[fault], monkeypatch)
    with pytest.raises(type(FAULTS[fault])):
        process_upload.call(str(upload.pk))
    upload.refresh_from_db()
    assert (upload.status, upload.error_message, upload.rows_done) == ("processing", None, 0)
    assert storage.find(archive_name(upload.pk)) is not None
    Upload.objects.filter(pk=upload.pk).update(leased_until=timezone.now())
    process_upload.call(str(upload.pk))
    upload.refresh_from_db()
    assert (upload.status, upload.success_count, upload.error_count) == ("completed", 3, 0)
    assert saved() > SECOND_FILE
    assert storage.find(archive_name(upload.pk)) is None


def test_a_full_disk_is_noticed_before_anything_is_unpacked(storage: Storage, upload: Upload, settings: Any) -> None:
    """S165: the upload is left to its next attempt."""
    settings.STORAGE_FREE_BYTES = 10**18
    with pytest.raises(StorageFullError):
        process_upload.call(str(upload.pk))
    upload.refresh_from_db()
    assert (upload.status, upload.error_message) == ("processing", None)


def test_the_archive_is_stored_until_the_sweep_when_all_attempts_have_failed(storage: Storage, upload: Upload) -> None:
    """S165, S167: the message names the server as the cause, and counts the tasks that exist."""
    Upload.objects.filter(pk=upload.pk).update(attempts=MAX_ATTEMPTS, success_count=1, rows_done=1)
    process_upload.call(str(upload.pk))
    upload.refresh_from_db()
    assert (upload.status, upload.success_count) == ("failed", 1)
    assert upload.error_message == f"{GAVE_UP} 1 task had been created before."
    assert storage.find(archive_name(upload.pk)) is not None
