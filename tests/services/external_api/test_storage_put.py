"""PUT to the presigned URL over HTTP, on both storages."""

import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from pipelines_portal.external_api.models import WorkerHeartbeat
from pipelines_portal.external_api.storage.base import archive_name
from pipelines_portal.external_api.storage.embedded import EmbeddedStorage
from pipelines_portal.external_api.storage.location import S3Location, parse_storage_url
from pipelines_portal.external_api.storage.s3 import S3Storage
from tests.external_api.factories import Tenant
from tests.external_api.test_storage_put import *  # noqa: F403 the same tests once more
from tests.external_api.test_storage_put import ZIP, is_stored
from tests.services.external_api.workers import ServedStack


@pytest.fixture(autouse=True)
def no_workers() -> None:
    """Delete the heartbeats of workers that other tests killed."""
    WorkerHeartbeat.objects.all().delete()


def test_it_may_be_larger_than_a_request_to_the_api(stack: ServedStack, tenant: Tenant, workflow: Any) -> None:
    """S70, S156: 40 MB are more than the 32 MB that the API accepts."""
    started = stack.start(tenant, workflow, file_size_bytes=40_000_000)
    assert stack.put(started, bytes(40_000_000)).status_code == 200
    assert is_stored(stack, tenant, workflow, started)


def test_an_expired_url_is_403(
    stack: ServedStack, tenant: Tenant, workflow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S142: this process signs a URL as the server does, with an expiry that has passed."""
    started = stack.start(tenant, workflow)
    for name, value in stack.env.items():
        monkeypatch.setenv(name, value)
    link = sign(stack, started, timezone.now() + timedelta(seconds=2))
    assert stack.request("PUT", link, data=b"zip", headers=ZIP).status_code == 200
    late = sign(stack, started, timezone.now() + timedelta(seconds=1))
    time.sleep(2.5)
    assert stack.request("PUT", late, data=b"late", headers=ZIP).status_code == 403


def sign(stack: ServedStack, started: dict[str, Any], expires_at: datetime) -> str:
    location = parse_storage_url(stack.env.get("STORAGE_URL", ""), settings.DATA_DIR / "storage")
    storage = S3Storage(location) if isinstance(location, S3Location) else EmbeddedStorage(location)
    return storage.upload_url(archive_name(started["upload_id"]), expires_at, stack.server.url)
