"""PUT to the presigned URL, on every kind of storage."""

import time
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import pytest
import requests
from django.conf import settings
from django.utils import timezone

from pipelines_portal.external_api.storage.base import archive_name
from pipelines_portal.external_api.storage.embedded import EmbeddedStorage
from pipelines_portal.external_api.storage.location import S3Location, parse_storage_url
from pipelines_portal.external_api.storage.s3 import S3Storage
from tests import archives
from tests.external_api.conftest import PORTAL_ORIGIN
from tests.external_api.factories import FILE_FIELD, Tenant
from tests.external_api.uploads import Stack

ZIP = {"Content-Type": "application/zip"}
STRANGER = "http://stranger.test"


@pytest.fixture
def workflow(tenant: Tenant) -> Any:
    return tenant.workflow(fields=[FILE_FIELD])


def is_stored(stack: Stack, tenant: Tenant, workflow: Any, started: dict[str, Any]) -> bool:
    """Without a worker a stored archive gets 503, a missing one 422."""
    return {503: True, 422: False}[stack.confirm(tenant, workflow, started).status_code]


def with_query(url: str, **changes: str) -> str:
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changes
    return urlunsplit(parts._replace(query=urlencode(query)))


def test_the_url_takes_the_archive_without_a_key(stack: Stack, tenant: Tenant, workflow: Any) -> None:
    """S71, S141, S155: a PUT outside the API, with nothing but the content type."""
    started = stack.start(tenant, workflow)
    assert not is_stored(stack, tenant, workflow, started)
    assert requests.put(started["upload_url"], archives.flat_files(), headers=ZIP, timeout=30).status_code == 200
    assert is_stored(stack, tenant, workflow, started)


def test_it_may_be_larger_than_the_api_takes(stack: Stack, tenant: Tenant, workflow: Any) -> None:
    """S70, S156: 40 MB against the API's cap of 32 MB."""
    started = stack.start(tenant, workflow, file_size_bytes=40_000_000)
    assert stack.put(started, bytes(40_000_000)).status_code == 200
    assert is_stored(stack, tenant, workflow, started)


def test_the_storage_is_not_part_of_the_api(stack: Stack, tenant: Tenant) -> None:
    """S71: no operation of the document is below anything but /api/v1, none takes PUT."""
    document = stack.server.get("/openapi.json").json()
    assert all("put" not in operations for operations in document["paths"].values())
    assert not any("storage" in path for path in document["paths"])


@pytest.mark.parametrize("content_type", ["application/octet-stream", "text/plain", "application/zip; charset=x", None])
def test_another_content_type_is_403(stack: Stack, tenant: Tenant, workflow: Any, content_type: str | None) -> None:
    """S155: the content type is part of what was signed."""
    started = stack.start(tenant, workflow)
    headers = {"Content-Type": content_type} if content_type else {}
    assert requests.put(started["upload_url"], b"zip", headers=headers, timeout=30).status_code == 403
    assert not is_stored(stack, tenant, workflow, started)


def test_a_changed_url_is_403(stack: Stack, tenant: Tenant, workflow: Any) -> None:
    """S141: another object, a later expiry, another signature, none at all."""
    started, other = (stack.start(tenant, workflow) for _ in range(2))
    url = started["upload_url"]
    s3 = stack.storage == "s3"
    signature, expiry = ("X-Amz-Signature", "X-Amz-Expires") if s3 else ("signature", "expires")
    forged = [
        url.replace(started["upload_id"], other["upload_id"]),
        with_query(url, **{expiry: "40000" if s3 else "99999999999"}),
        with_query(url, **{signature: "0" * 64}),
        with_query(url, **{signature: ""}),
        with_query(url, **{expiry: "soon"}),
        url.split("?")[0],
    ]
    answers = [requests.put(link, b"zip", headers=ZIP, timeout=30).status_code for link in forged]
    # S3 calls a query that it cannot read a bad request.
    assert all(answer == 403 or (s3 and answer == 400) for answer in answers), answers
    assert not any(is_stored(stack, tenant, workflow, each) for each in (started, other))


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
def test_the_url_is_for_putting_only(stack: Stack, tenant: Tenant, workflow: Any, method: str) -> None:
    """S141: nobody reads or deletes an archive with it."""
    started = stack.stored(tenant, workflow, archives.flat_files())
    answer = requests.request(method, started["upload_url"], headers=ZIP, timeout=30)
    assert answer.status_code in (403, 405, 412)
    assert archives.flat_files() not in answer.content
    assert is_stored(stack, tenant, workflow, started)


def test_an_expired_url_is_403(stack: Stack, tenant: Tenant, workflow: Any, monkeypatch: Any) -> None:
    """S142: signed as the server signs, for a moment that has passed."""
    started = stack.start(tenant, workflow)
    for name, value in stack.env.items():
        monkeypatch.setenv(name, value)
    link = sign(stack, started, timezone.now() + timedelta(seconds=2))
    assert requests.put(link, b"zip", headers=ZIP, timeout=30).status_code == 200
    late = sign(stack, started, timezone.now() + timedelta(seconds=1))
    time.sleep(2.5)
    assert requests.put(late, b"late", headers=ZIP, timeout=30).status_code == 403


def sign(stack: Stack, started: dict[str, Any], expires_at: Any) -> str:
    location = parse_storage_url(stack.env.get("STORAGE_URL", ""), settings.DATA_DIR / "storage")
    storage = S3Storage(location) if isinstance(location, S3Location) else EmbeddedStorage(location)
    return storage.upload_url(archive_name(started["upload_id"]), expires_at, stack.server.url)


def test_overwriting_is_allowed_until_confirm(stack: Stack, tenant: Tenant, workflow: Any) -> None:
    """S141: the last one counts."""
    started = stack.stored(tenant, workflow, b"a first try")
    assert stack.put(started, archives.flat_files()).status_code == 200
    assert is_stored(stack, tenant, workflow, started)


@pytest.mark.parametrize("origin", [PORTAL_ORIGIN, STRANGER])
def test_browsers_of_the_portal_are_let_in_and_no_others(
    stack: Stack, tenant: Tenant, workflow: Any, origin: str
) -> None:
    """S71: preflight and PUT carry the permission for the portal's origin only."""
    url = stack.start(tenant, workflow)["upload_url"]
    asks = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type"}
    preflight = requests.options(url, headers={"Origin": origin} | asks, timeout=30)
    answer = requests.put(url, b"zip", headers={"Origin": origin} | ZIP, timeout=30)
    permitted = [each.headers.get("Access-Control-Allow-Origin") for each in (preflight, answer)]
    if origin == STRANGER:
        assert (preflight.status_code, permitted) == (403, [None, None])
        return
    assert (preflight.ok, permitted) == (True, [origin, origin])
    assert "PUT" in preflight.headers["Access-Control-Allow-Methods"]
    assert preflight.headers["Access-Control-Allow-Headers"].lower() in ("content-type", "*")
