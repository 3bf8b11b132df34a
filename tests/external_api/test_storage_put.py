"""PUT to the presigned URL of an upload. tests/services/external_api runs these tests on S3, too."""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import pytest

from tests import archives
from tests.each_case import each_case
from tests.external_api.factories import FILE_FIELD, Tenant
from tests.external_api.uploads import PORTAL_ORIGIN, Stack

ZIP = {"Content-Type": "application/zip"}
STRANGER = "http://stranger.test"


@pytest.fixture
def workflow(tenant: Tenant) -> Any:
    return tenant.workflow(fields=[FILE_FIELD])


def is_stored(stack: Stack, tenant: Tenant, workflow: Any, started: dict[str, Any]) -> bool:
    """Return whether the API finds the archive: without a worker the answer is then 503, otherwise 422."""
    return {503: True, 422: False}[stack.confirm(tenant, workflow, started).status_code]


def with_query(url: str, **changes: str) -> str:
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changes
    return urlunsplit(parts._replace(query=urlencode(query)))


def test_the_url_accepts_the_archive_without_a_key(stack: Stack, tenant: Tenant, workflow: Any) -> None:
    """S71, S141, S155: a PUT outside the API needs only its content type."""
    started = stack.start(tenant, workflow)
    assert not is_stored(stack, tenant, workflow, started)
    assert stack.put(started, archives.flat_files()).status_code == 200
    assert is_stored(stack, tenant, workflow, started)


def test_the_storage_is_not_part_of_the_api(stack: Stack) -> None:
    """S71: the document has no operation for it."""
    document = stack.server.get("/openapi.json").json()
    assert all("put" not in operations for operations in document["paths"].values())
    assert not any("storage" in path for path in document["paths"])


@each_case("content_type", ["application/octet-stream", "text/plain", "application/zip; charset=x", None])
def test_another_content_type_is_403(stack: Stack, tenant: Tenant, workflow: Any, content_type: str | None) -> None:
    """S155: the content type is part of the signature."""
    started = stack.start(tenant, workflow)
    headers = {"Content-Type": content_type} if content_type else {}
    assert stack.request("PUT", started["upload_url"], data=b"zip", headers=headers).status_code == 403
    assert not is_stored(stack, tenant, workflow, started)


def test_a_changed_url_is_403(stack: Stack, tenant: Tenant, workflow: Any) -> None:
    """S141: another object, a later expiry, another signature, no signature."""
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
    answers = [stack.request("PUT", link, data=b"zip", headers=ZIP).status_code for link in forged]
    # S3 calls a query that it cannot read a bad request.
    assert all(answer == 403 or (s3 and answer == 400) for answer in answers), answers
    assert not any(is_stored(stack, tenant, workflow, each) for each in (started, other))


@each_case("method", ["GET", "HEAD", "POST", "DELETE"])
def test_the_url_is_for_put_only(stack: Stack, tenant: Tenant, workflow: Any, method: str) -> None:
    """S141: it can neither read nor delete an archive."""
    started = stack.stored(tenant, workflow, archives.flat_files())
    answer = stack.request(method, started["upload_url"], headers=ZIP)
    assert answer.status_code in (403, 405, 412)
    assert archives.flat_files() not in answer.content
    assert is_stored(stack, tenant, workflow, started)


def test_overwriting_is_allowed_until_confirm(stack: Stack, tenant: Tenant, workflow: Any) -> None:
    """S141: the last archive is the one that counts."""
    started = stack.stored(tenant, workflow, b"a first try")
    assert stack.put(started, archives.flat_files()).status_code == 200
    assert is_stored(stack, tenant, workflow, started)


@pytest.mark.parametrize("origin", [PORTAL_ORIGIN, STRANGER])
def test_only_pages_of_the_portal_may_put(stack: Stack, tenant: Tenant, workflow: Any, origin: str) -> None:
    """S71: preflight and PUT permit the portal's origin and no other."""
    url = stack.start(tenant, workflow)["upload_url"]
    asks = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type"}
    preflight = stack.request("OPTIONS", url, headers={"Origin": origin} | asks)
    answer = stack.request("PUT", url, data=b"zip", headers={"Origin": origin} | ZIP)
    permitted = [each.headers.get("Access-Control-Allow-Origin") for each in (preflight, answer)]
    if origin == STRANGER:
        assert (preflight.status_code, permitted) == (403, [None, None])
        return
    assert (preflight.ok, permitted) == (True, [origin, origin])
    assert "PUT" in preflight.headers["Access-Control-Allow-Methods"]
    assert preflight.headers["Access-Control-Allow-Headers"].lower() in ("content-type", "*")
