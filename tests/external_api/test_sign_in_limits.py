"""Guessing passwords and guessing keys are counted apart."""

from tests.external_api.conftest import RunServer
from tests.external_api.factories import Tenant
from tests.external_api.people import Visitor


def test_a_key_is_no_way_around_the_limit_on_passwords(run_server: RunServer, tenant: Tenant) -> None:
    """S61: a key that is accepted by the API does not let its holder guess passwords."""
    with run_server() as server:
        assert server.get(f"/workflows/{tenant.workflow().pk}", key=tenant.key).status_code == 200
        visitor = Visitor(server)
        visitor.session.headers["X-API-Key"] = tenant.key
        answers = [visitor.sign_in(tenant.admin, "wrong").status_code for _ in range(6)]
        assert answers == [422] * 5 + [429]


def test_wrong_keys_keep_nobody_from_signing_in(run_server: RunServer, tenant: Tenant) -> None:
    """S61: an address shut out for its wrong keys is not shut out of the pages for people."""
    with run_server(EXTERNAL_API_AUTH_FAILURE_LIMIT="3/minute") as server:
        answers = [server.get("/workflows/1", key="pk_live_" + "0" * 40).status_code for _ in range(5)]
        assert answers[-1] == 429
        assert Visitor(server).sign_in(tenant.admin).status_code == 302


def test_people_can_sign_in_while_the_counters_are_lost(run_server: RunServer, tenant: Tenant) -> None:
    """S30, S61: without Redis the pages work on."""
    with run_server(CACHE_URL="redis://127.0.0.1:1/0") as server:
        assert Visitor(server).sign_in(tenant.admin, "wrong").status_code == 422
        assert Visitor(server).sign_in(tenant.admin).status_code == 302
