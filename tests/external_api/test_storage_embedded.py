"""The embedded storage: where it stores archives, and what it refuses."""

import io
import stat
from base64 import b64encode
from datetime import timedelta
from hashlib import md5
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import requests
from django.conf import settings as django_settings
from django.test import RequestFactory
from django.utils import timezone

from pipelines_portal.external_api.models import Upload
from pipelines_portal.external_api.storage.base import archive_name
from pipelines_portal.external_api.storage.embedded import EmbeddedStorage
from pipelines_portal.external_api.storage.location import EmbeddedLocation
from pipelines_portal.external_api.storage.put_view import stored_archive
from tests import archives
from tests.external_api.factories import FILE_FIELD, Tenant
from tests.external_api.uploads import Stack, change, folder_objects

STORAGE = Path(django_settings.DATA_DIR) / "storage"
ZIP = {"Content-Type": "application/zip"}


@pytest.fixture
def started(stack: Stack, tenant: Tenant) -> dict[str, Any]:
    return stack.start(tenant, tenant.workflow(fields=[FILE_FIELD]))


def test_only_the_program_can_read_archives(stack: Stack, started: dict[str, Any]) -> None:
    """S71: files and folders have no permissions for other users of the machine."""
    assert stack.put(started, archives.flat_files()).status_code == 200
    stored = STORAGE / "archives" / f"{started['upload_id']}.zip"
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (stored, *stored.parents[:2], STORAGE / "unfinished")]
    assert modes == [0o600, 0o700, 0o700, 0o700]


def test_a_content_md5_is_checked(stack: Stack, started: dict[str, Any]) -> None:
    """S155: as S3 does. What does not match is not stored."""
    for wrong in (b64encode(bytes(16)).decode(), "nonsense", ""):
        answer = put_with(stack, started, **{"Content-MD5": wrong})
        assert (answer.status_code, "Content-MD5" in answer.text) == (400, True)
        assert folder_objects(started["upload_id"]) == {}
        assert Upload.objects.get(pk=started["upload_id"]).put_at is None, "it makes room for another upload"
    right = b64encode(md5(archives.flat_files(), usedforsecurity=False).digest()).decode()
    assert put_with(stack, started, **{"Content-MD5": right}).status_code == 200
    assert list(folder_objects(started["upload_id"]).values()) == [archives.flat_files()]


def test_a_part_of_an_archive_is_refused(stack: Stack, started: dict[str, Any]) -> None:
    """S155: it would be stored as if it were the whole."""
    answer = put_with(stack, started, **{"Content-Range": "bytes 0-9/100"})
    assert (answer.status_code, "Content-Range" in answer.text) == (400, True)
    assert folder_objects(started["upload_id"]) == {}


def put_with(stack: Stack, started: dict[str, Any], **headers: str) -> requests.Response:
    return stack.request("PUT", started["upload_url"], data=archives.flat_files(), headers=ZIP | headers)


def test_the_folder_of_archives_is_not_deleted_with_the_last_one(tmp_path: Path) -> None:
    """S71: another process may be about to move an archive into it."""
    storage = EmbeddedStorage(EmbeddedLocation(tmp_path))
    for name in ("archives/1.zip", "files/1/0"):
        storage.save(name, io.BytesIO(b"x"))
        storage.delete(name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archives", "files", "unfinished"]
    assert list((tmp_path / "files").iterdir()) == []


@pytest.mark.parametrize("status", ["processing", "completed", "cancelled"])
def test_nothing_is_accepted_after_confirm(stack: Stack, started: dict[str, Any], status: str) -> None:
    """S160: the archive that was confirmed is the one that is processed."""
    assert stack.put(started, archives.flat_files()).status_code == 200
    change(started, status=status)
    assert stack.put(started, b"another").status_code == 403
    assert list(folder_objects(started["upload_id"]).values()) == [archives.flat_files()]


def test_a_content_length_is_required_and_limited(stack: Stack, started: dict[str, Any], settings: Any) -> None:
    """S155: 411 and 413."""
    settings.MAX_ARCHIVE_BYTES = 10
    assert stack.put(started, iter([b"sent in chunks"])).status_code == 411
    assert stack.put(started, b"x" * 11).status_code == 413
    assert folder_objects(started["upload_id"]) == {}


def test_an_expired_url_is_403(stack: Stack, started: dict[str, Any]) -> None:
    """S142: this process signs a URL as the server does, with an expiry that has passed."""
    storage = EmbeddedStorage(EmbeddedLocation(STORAGE))
    name, now = archive_name(started["upload_id"]), timezone.now()
    late, in_time = (storage.upload_url(name, now + timedelta(hours=n), stack.server.url) for n in (-1, 1))
    assert stack.request("PUT", late, data=b"zip", headers=ZIP).status_code == 403
    assert stack.request("PUT", in_time, data=b"zip", headers=ZIP).status_code == 200


@pytest.mark.parametrize(
    "path", ["/storage/archives/../../etc/passwd", "/storage/files/x/0", "/storage/archives/x.zip", "/storage/"]
)
def test_only_ids_of_uploads_are_names(stack: Stack, path: str) -> None:
    """S71: any other path is 404."""
    assert stack.request("PUT", stack.server.url + path, data=b"x", headers=ZIP).status_code == 404


def test_the_url_can_have_a_public_address(stack: Stack, tenant: Tenant, settings: Any) -> None:
    """S141: STORAGE_PUBLIC_URL is for browsers that reach the server by another name than the portal."""
    settings.STORAGE_PUBLIC_URL = "https://uploads.example.com"
    started = stack.start(tenant, tenant.workflow(fields=[FILE_FIELD]))
    assert started["upload_url"].startswith("https://uploads.example.com/storage/archives/")


def test_a_body_that_ends_early_is_refused(started: dict[str, Any]) -> None:
    """S71, S141: the Content-Length promised more bytes."""
    url = started["upload_url"].partition("/storage/")[2]
    short = {"CONTENT_TYPE": "application/zip", "CONTENT_LENGTH": "10", "wsgi.input": io.BytesIO(b"12345")}
    request = RequestFactory().put(f"/storage/{url}", **short)
    assert stored_archive(request, UUID(started["upload_id"])).status_code == 400
    assert folder_objects(started["upload_id"]) == {}
