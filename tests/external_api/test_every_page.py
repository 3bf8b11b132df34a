"""What holds for every answer to people: no cache keeps it, a wrong host is refused plainly, an idle session ends."""

import requests

from tests.external_api.conftest import RunServer
from tests.external_api.factories import Tenant
from tests.external_api.people import Visitor, signed_in
from tests.external_api.server import Server


def test_what_an_admin_sees_is_kept_by_no_cache(server: Server, tenant: Tenant) -> None:
    """S30: on a shared computer too."""
    visitor = Visitor(server)
    assert "no-store" in visitor.sign_in(tenant.admin).headers["Cache-Control"]
    for path in ("/organization-keys/", f"/organization-keys/{tenant.organization.pk}/", "/nowhere"):
        assert "no-store" in visitor.get(path).headers["Cache-Control"]
    assert "Cache-Control" not in server.get("/health").headers


def test_a_wrong_host_is_a_400_without_a_traceback(run_server: RunServer) -> None:
    with run_server() as server:
        page = requests.get(f"{server.url}/sign-in", headers={"Host": "evil.example"}, timeout=30)
        assert page.status_code == 400
        assert "Wrong address" in page.text and "evil.example" not in page.text
        answer = server.get("/health", headers={"Host": "evil.example"})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
        assert "Traceback" not in server.output()
        assert server.output().count("ALLOWED_HOSTS") == 2


def test_what_admins_do_is_a_line_in_the_log_without_keys_and_passwords(run_server: RunServer, tenant: Tenant) -> None:
    """S30: who, from where, which key by its last four characters."""
    with run_server() as server:
        Visitor(server).sign_in(tenant.admin, "guess-guess")
        visitor = signed_in(server, tenant.admin)
        path = f"/organization-keys/{tenant.organization.pk}/new"
        made = visitor.post(path, {"name": "Portal", "expires": "30d"})
        plain = made.text.split("pk_live_", 1)[1][:40]
        token = {"csrfmiddlewaretoken": visitor.session.cookies["external_api_csrf"]}
        visitor.session.post(f"{server.url}/sign-out", data=token, timeout=30)
        log = server.output()
    who = f'user={tenant.admin.pk} email="{tenant.admin.email}"'
    assert f'sign-in-failed tried="{tenant.admin.email}" address="127.0.0.1"' in log
    assert f'signed-in {who} address="127.0.0.1"' in log
    assert f"organization-key-made {who} key=" in log and f'last4="{plain[-4:]}"' in log
    assert f'signed-out {who} address="127.0.0.1"' in log
    assert plain not in log and "guess-guess" not in log
