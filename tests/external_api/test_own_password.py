"""Changing one's own password."""

import pytest

from tests.each_case import each_case
from tests.external_api.factories import Tenant
from tests.external_api.people import PASSWORD, Visitor, signed_in
from tests.external_api.server import Api

NEW = "correct horse battery"


def form(old: str = PASSWORD, new: str = NEW, again: str = "") -> dict[str, str]:
    return {"old_password": old, "new_password1": new, "new_password2": again or new}


def test_changing_it_ends_other_sessions(server: Api, tenant: Tenant, caplog: pytest.LogCaptureFixture) -> None:
    visitor, elsewhere = signed_in(server, tenant.admin), signed_in(server, tenant.admin)
    assert 'href="/password">Change password</a>' in visitor.get("/organization-keys/").text
    assert "Password changed" in visitor.post("/password", form()).text
    assert visitor.get("/password").url.endswith("/password")
    assert "/sign-in?next=" in elsewhere.get("/password").url
    assert Visitor(server).sign_in(tenant.admin, NEW).status_code == 302
    assert "password-changed" in caplog.text and NEW not in caplog.text


@each_case(
    ("typed", "where"),
    [
        (form(old="wrong"), "id_old_password_error"),
        (form(new="short"), "id_new_password2_error"),
        (form(new="password1234"), "id_new_password2_error"),
        (form(again="something else"), "id_new_password2_error"),
    ],
)
def test_mistakes_are_shown_at_their_fields(server: Api, tenant: Tenant, typed: dict[str, str], where: str) -> None:
    answer = signed_in(server, tenant.admin).post("/password", typed)
    assert (answer.status_code, f'id="{where}"' in answer.text) == (422, True)


def test_guessing_the_old_one_is_limited(server: Api, tenant: Tenant) -> None:
    visitor = signed_in(server, tenant.admin)
    statuses = [visitor.post("/password", form(old="wrong")).status_code for _ in range(6)]
    assert statuses == [422] * 5 + [429]
    assert visitor.post("/password", form()).status_code == 429
