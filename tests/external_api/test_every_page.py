"""What every page for people has in common: it is not cached, it needs a known host, and actions are logged."""

import pytest

from tests.external_api.factories import Tenant
from tests.external_api.people import Visitor, signed_in
from tests.external_api.server import Api


def test_pages_of_an_admin_are_not_cached(server: Api, tenant: Tenant) -> None:
    """S30: the next person at a shared computer sees none of them."""
    visitor = Visitor(server)
    assert "no-store" in visitor.sign_in(tenant.admin).headers["Cache-Control"]
    for path in ("/organization-keys/", f"/organization-keys/{tenant.organization.pk}/", "/nowhere"):
        assert "no-store" in visitor.get(path).headers["Cache-Control"]


def test_a_wrong_host_is_a_400_without_a_traceback(server: Api, caplog: pytest.LogCaptureFixture) -> None:
    page = Visitor(server).get("/sign-in", headers={"Host": "evil.example"})
    assert page.status_code == 400
    assert "Wrong address" in page.text and "evil.example" not in page.text
    answer = server.get("/health", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert "Traceback" not in caplog.text
    assert caplog.text.count("ALLOWED_HOSTS") == 2


def test_actions_of_admins_are_logged_without_keys_and_passwords(
    server: Api, tenant: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    """S30: a line contains who did it, from which address, and the last four characters of the key."""
    Visitor(server).sign_in(tenant.admin, "guess-guess")
    visitor = signed_in(server, tenant.admin)
    made = visitor.post(f"/organization-keys/{tenant.organization.pk}/new", {"name": "Portal", "expires": "30d"})
    plain = made.text.split("pk_live_", 1)[1][:40]
    visitor.sign_out()
    log = caplog.text
    who = f'user={tenant.admin.pk} email="{tenant.admin.email}"'
    assert f'sign-in-failed tried="{tenant.admin.email}" address="127.0.0.1"' in log
    assert f'signed-in {who} address="127.0.0.1"' in log
    assert f"organization-key-made {who} key=" in log and f'last4="{plain[-4:]}"' in log
    assert f'signed-out {who} address="127.0.0.1"' in log
    assert plain not in log and "guess-guess" not in log
