"""Storage that fails while files are saved: never the archive's fault, and never anybody's loss."""

import errno
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from django.utils import timezone

from pipelines_portal.external_api.models import Upload, Workflow
from pipelines_portal.external_api.storage.backends import get_storage
from pipelines_portal.external_api.storage.base import Readable, StorageFullError, archive_name
from pipelines_portal.external_api.storage.embedded import EmbeddedStorage
from pipelines_portal.external_api.storage.location import EmbeddedLocation, S3Location, parse_storage_url
from pipelines_portal.external_api.storage.s3 import S3Storage
from pipelines_portal.external_api.uploads import process as processing
from tests import archives
from tests.external_api.conftest import RunServer
from tests.external_api.factories import FILE_FIELD, Tenant
from tests.external_api.uploads import Stack, working

Storage = EmbeddedStorage | S3Storage
ENDPOINT = {"endpoint_url": "http://storage.test"}
FAULTS: dict[str, Exception] = {
    "disk full": OSError(errno.ENOSPC, "No space left on device"),
    "not allowed": OSError(errno.EACCES, "Permission denied"),
    "no answer": ReadTimeoutError(**ENDPOINT),
    "no connection": ConnectTimeoutError(**ENDPOINT),
}
SECOND_SAVE = SECOND_TRY = 2
QUICK = {"UPLOAD_LEASE_SECONDS": "1", "UPLOAD_SWEEP_SECONDS": "0.2"}


@pytest.fixture(params=["embedded", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path, settings: Any, monkeypatch: Any) -> Any:
    """The one that this process uses, instead of the run's own."""
    settings.STORAGE = EmbeddedLocation(tmp_path / "storage")
    if request.param == "s3":
        server = request.getfixturevalue("seaweed")
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        settings.STORAGE = parse_storage_url(server.make_bucket(f"faults-{uuid4().hex}"), tmp_path)
        assert isinstance(settings.STORAGE, S3Location)
    get_storage.cache_clear()
    yield get_storage()
    get_storage.cache_clear()


@pytest.fixture
def upload(tenant: Tenant, storage: Storage, tmp_path: Path) -> Upload:
    """Confirmed: an archive of three files."""
    workflow: Workflow = tenant.workflow(fields=[FILE_FIELD])
    upload = Upload.objects.create(workflow=workflow, status="processing", expires_at=timezone.now())
    path = tmp_path / "archive.zip"
    path.write_bytes(archives.flat_files())
    with path.open("rb") as content:
        storage.save(archive_name(upload.pk), content)
    upload.archive_fingerprint = storage.find(archive_name(upload.pk)).fingerprint
    upload.save()
    return upload


def fail_once_saving(storage: Storage, fault: Exception, monkeypatch: Any) -> Callable[[], int]:
    """The second file cannot be saved: a part of it was read, then `fault` happens. The returned counts the tries."""
    save, tries = storage.save, []

    def failing(name: str, content: Readable) -> None:
        tries.append(name)
        if len(tries) == SECOND_SAVE:
            content.read(10)
            raise fault
        save(name, content)

    monkeypatch.setattr(storage, "save", failing)
    return lambda: len(tries)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failed_save_leaves_the_upload_to_the_next_attempt(
    storage: Storage, upload: Upload, fault: str, monkeypatch: Any
) -> None:
    """S165, S167: nothing is called damaged, nothing is lost; when the storage is well again all tasks are made."""
    tries = fail_once_saving(storage, FAULTS[fault], monkeypatch)
    with pytest.raises(type(FAULTS[fault])):
        processing.process_upload.call(str(upload.pk))
    upload.refresh_from_db()
    assert (upload.status, upload.error_message, upload.rows_done) == ("processing", None, 0)
    assert storage.find(archive_name(upload.pk)) is not None
    Upload.objects.filter(pk=upload.pk).update(leased_until=timezone.now())
    processing.process_upload.call(str(upload.pk))
    upload.refresh_from_db()
    assert (upload.status, upload.success_count, upload.error_count) == ("completed", 3, 0)
    assert tries() > SECOND_SAVE
    assert storage.find(archive_name(upload.pk)) is None


def test_a_full_disk_is_seen_before_anything_is_unpacked(storage: Storage, upload: Upload, settings: Any) -> None:
    """S165: the embedded storage leaves the job to its next attempt; a bucket cannot be asked, and goes on."""
    settings.STORAGE_FREE_BYTES = 10**18
    if isinstance(storage, EmbeddedStorage):
        with pytest.raises(StorageFullError):
            processing.process_upload.call(str(upload.pk))
    else:
        processing.process_upload.call(str(upload.pk))
    upload.refresh_from_db()
    assert upload.status == ("processing" if isinstance(storage, EmbeddedStorage) else "completed")
    assert upload.error_message is None


def test_when_all_attempts_have_failed_the_archive_is_kept(storage: Storage, upload: Upload) -> None:
    """S165, S167: the sentence blames the server; what had been made is told; the sweep deletes the archive later."""
    Upload.objects.filter(pk=upload.pk).update(attempts=processing.MAX_ATTEMPTS, success_count=1, rows_done=1)
    processing.process_upload.call(str(upload.pk))
    upload.refresh_from_db()
    assert (upload.status, upload.success_count) == ("failed", 1)
    assert upload.error_message == f"{processing.GAVE_UP} 1 task had been created before."
    assert storage.find(archive_name(upload.pk)) is not None


def test_a_worker_that_cannot_write_tries_until_it_can(
    run_server: RunServer, database: str, tenant: Tenant, tmp_path: Path
) -> None:
    """S165, S167: a real worker, and a file where the folder for files should be; put right, all is made."""
    folder = tmp_path / "storage"
    env = {"EXTERNAL_API_DATABASE_URL": database, "STORAGE_URL": f"file://{folder}"}
    workflow = tenant.workflow(fields=[FILE_FIELD])
    with run_server(**env) as server, working(tmp_path / "log", **env, **QUICK) as worker:
        stack = Stack(server, env, "embedded")
        started = stack.stored(tenant, workflow, archives.flat_files())
        (folder / "files").write_text("in the way")
        assert stack.confirm(tenant, workflow, started).status_code == 202
        deadline = time.monotonic() + 60
        while Upload.objects.get(pk=started["upload_id"]).attempts < SECOND_TRY:
            assert stack.status(tenant, workflow, started)["status"] == "processing", worker.output()
            assert time.monotonic() < deadline, worker.output()
            time.sleep(0.1)
        (folder / "files").unlink()
        state = stack.wait(tenant, workflow, started)
    assert (state["status"], state["success_count"], state["errors"]) == ("completed", 3, [])
