"""API keys: the headers that carry them, and which of them are valid."""

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines_portal.external_api.models import OrganizationKey
from tests.external_api.answers import error_of
from tests.external_api.factories import Tenant, make_tenant
from tests.external_api.server import Api

UNKNOWN = "pk_live_" + "0123456789" * 4
PROTECTED = [
    ("GET", ""),
    ("GET", "/schema"),
    ("POST", "/tasks"),
    ("GET", "/tasks"),
    ("GET", "/tasks/1"),
    ("POST", "/tasks/upload"),
    ("POST", "/tasks/upload/4d9a56ab-6bb7-4ffc-a6ac-6f7bb3a1e1c2/confirm"),
    ("GET", "/tasks/upload/4d9a56ab-6bb7-4ffc-a6ac-6f7bb3a1e1c2"),
]


def path_of(tenant: Tenant) -> str:
    return f"/workflows/{tenant.workflow().pk}"


@pytest.mark.parametrize(("method", "path"), PROTECTED)
def test_everything_but_health_requires_a_key(server: Api, method: str, path: str) -> None:
    """S18, S23: no key is 401 missing_api_key."""
    answer = server.call(method, f"/workflows/1{path}")
    assert error_of(answer)[:2] == (401, "missing_api_key")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_bearer_is_accepted(server: Api, tenant: Tenant, scheme: str) -> None:
    """S19, S21: 48 characters, after Bearer in any case."""
    assert len(tenant.key) == 48
    answer = server.get(path_of(tenant), headers={"Authorization": f"{scheme} {tenant.key}"})
    assert answer.status_code == 200


def test_x_api_key_is_accepted(server: Api, tenant: Tenant) -> None:
    """S22: the other header."""
    assert server.get(path_of(tenant), headers={"X-API-Key": tenant.key}).status_code == 200


@pytest.mark.parametrize(("bearer", "header"), [("live", "dead"), ("dead", "live"), ("live", "live")])
def test_one_valid_header_of_two_is_enough(server: Api, tenant: Tenant, bearer: str, header: str) -> None:
    """S21, S22: Bearer first, then X-API-Key."""
    keys = {"live": tenant.key, "dead": UNKNOWN}
    headers = {"Authorization": f"Bearer {keys[bearer]}", "X-API-Key": keys[header]}
    assert server.get(path_of(tenant), headers=headers).status_code == 200


def test_bearer_has_priority_over_x_api_key(server: Api, tenant: Tenant) -> None:
    """S20: of two live keys the one in Authorization decides the organization."""
    headers = {"Authorization": f"Bearer {tenant.key}", "X-API-Key": make_tenant().key}
    assert server.get(path_of(tenant), headers=headers).status_code == 200


def test_x_api_key_is_accepted_beside_another_scheme(server: Api, tenant: Tenant) -> None:
    """S22: Basic authentication is ignored."""
    headers = {"Authorization": "Basic dXNlcjpwYXNz", "X-API-Key": tenant.key}
    assert server.get(path_of(tenant), headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer  "},
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"Authorization": UNKNOWN},
        {"X-API-Key": ""},
    ],
)
def test_another_scheme_or_an_empty_header_is_a_missing_key(server: Api, headers: dict[str, str]) -> None:
    """S23: 401 missing_api_key."""
    assert error_of(server.get("/workflows/1", headers=headers))[:2] == (401, "missing_api_key")


@pytest.mark.parametrize(
    "key",
    [
        "pk_test_" + "0" * 40,
        "0" * 48,
        UNKNOWN,
        UNKNOWN[:-1],
        UNKNOWN + "0",
        "pk_live_" + "z" * 40,
        "pk_live_",
        "x",
        "\u00e9" * 48,
        UNKNOWN + "\t" + UNKNOWN,
    ],
)
def test_malformed_and_unknown_keys_are_invalid(server: Api, key: str) -> None:
    """S19, S24, S25, S28: 401 invalid_api_key for a wrong prefix, an unknown key and a malformed one."""
    for headers in ({"Authorization": f"Bearer {key}".encode()}, {"X-API-Key": key.encode()}):
        assert error_of(server.get("/workflows/1", headers=headers))[:2] == (401, "invalid_api_key")


def test_an_upper_case_key_is_another_key(server: Api, tenant: Tenant) -> None:
    """S19: hex digits are lower case."""
    upper = "pk_live_" + tenant.key.removeprefix("pk_live_").upper()
    key = upper if upper != tenant.key else UNKNOWN
    assert error_of(server.get("/workflows/1", key=key))[:2] == (401, "invalid_api_key")


def test_an_expired_key_is_invalid(server: Api, tenant: Tenant) -> None:
    """S26: 401 invalid_api_key; the same key with time left works."""
    path = path_of(tenant)
    key = OrganizationKey.objects.filter(pk=tenant.api_key.pk)
    key.update(expires_at=timezone.now() + timedelta(minutes=5))
    assert server.get(path, key=tenant.key).status_code == 200
    key.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert error_of(server.get(path, key=tenant.key))[:2] == (401, "invalid_api_key")


def test_a_key_in_the_query_or_a_cookie_is_ignored(server: Api, tenant: Tenant) -> None:
    """S23: only headers can carry a key."""
    answer = server.get(f"/workflows/1?api_key={tenant.key}", cookies={"X-API-Key": tenant.key})
    assert error_of(answer)[:2] == (401, "missing_api_key")


def test_keys_are_not_in_answers_or_logs(server: Api, tenant: Tenant, caplog: pytest.LogCaptureFixture) -> None:
    """S28: neither a live key nor a refused one."""
    refused = "pk_live_" + "ab" * 20
    texts = [server.get(path_of(tenant), key=tenant.key).text, server.get("/workflows/1", key=refused).text]
    assert "/api/v1/workflows/1" in caplog.text
    for key in (tenant.key, refused):
        assert all(key not in text for text in [*texts, caplog.text])
