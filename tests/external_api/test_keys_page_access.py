"""Who reaches the organization keys pages, and what protects them."""

import pytest
import requests

from pipelines_portal.external_api.models import Membership, Organization, OrganizationKey
from tests.external_api.factories import Tenant, make_person, make_tenant
from tests.external_api.people import Visitor, signed_in
from tests.external_api.server import Server

TAILS = ["", "new", "{key}/expiry", "{key}/revoke"]


def path(tenant: Tenant, tail: str) -> str:
    return f"/organization-keys/{tenant.organization.pk}/" + tail.format(key=tenant.api_key.pk)


@pytest.mark.parametrize("tail", TAILS)
def test_only_org_admins_get_in(server: Server, tenant: Tenant, tail: str) -> None:
    """S30: members who are no admins get 403, strangers 404, visitors the sign-in page."""
    member = signed_in(server, make_person("member", tenant.organization))
    stranger = signed_in(server, make_tenant().admin)
    answers = [visitor.get(path(tenant, tail)).status_code for visitor in (member, stranger)]
    assert answers == [403, 404]
    landed = Visitor(server).get(path(tenant, tail))
    assert "/sign-in?next=" in landed.url


@pytest.mark.parametrize("tail", TAILS[1:])
def test_nobody_else_changes_anything(server: Server, tenant: Tenant, tail: str) -> None:
    """S30: neither by a form that was meant for someone else."""
    for person, expected in ((make_person("member", tenant.organization), 403), (make_tenant().admin, 404)):
        visitor = signed_in(server, person)
        token = {"csrfmiddlewaretoken": visitor.session.cookies["external_api_csrf"], "name": "Mine", "expires": "1y"}
        answer = visitor.session.post(server.url + path(tenant, tail), data=token, timeout=30)
        assert answer.status_code == expected
    key = OrganizationKey.objects.get(organization=tenant.organization)
    assert (key.revoked_at, key.expires_at, key.name) == (None, None, "tests")


def test_a_key_is_reached_through_its_own_organization_only(server: Server, tenant: Tenant) -> None:
    """S30: an admin of one organization cannot name another's key in a path of theirs."""
    foreign = make_tenant().api_key
    visitor = signed_in(server, tenant.admin)
    assert visitor.get(f"/organization-keys/{tenant.organization.pk}/{foreign.pk}/revoke").status_code == 404


def test_a_person_of_several_organizations_chooses(server: Server, tenant: Tenant) -> None:
    """S30: all organizations they are an admin of, no others."""
    second, third = (Organization.objects.create(name=f"{name} of {tenant.organization}") for name in ("B", "C"))
    Membership.objects.create(organization=second, person=tenant.admin, role="admin")
    Membership.objects.create(organization=third, person=tenant.admin, role="member")
    page = signed_in(server, tenant.admin).get("/organization-keys/").text
    assert tenant.organization.name in page and second.name in page and third.name not in page


def test_a_person_without_an_organization_is_told(server: Server) -> None:
    """S30: 403, in words."""
    answer = signed_in(server, make_person()).get("/organization-keys/")
    assert (answer.status_code, "not an Org Admin of any organization" in answer.text) == (403, True)


def test_a_former_admin_is_out_at_once(server: Server, tenant: Tenant) -> None:
    """S30: membership is asked at every request."""
    visitor = signed_in(server, tenant.admin)
    assert visitor.get(path(tenant, "")).status_code == 200
    Membership.objects.filter(person=tenant.admin).delete()
    assert visitor.get(path(tenant, "")).status_code == 404


def test_wrong_passwords_and_inactive_people_stay_out(server: Server, tenant: Tenant) -> None:
    """S30: sign-in needs the right password of an active person."""
    assert Visitor(server).sign_in(tenant.admin, "wrong").status_code == 422
    tenant.admin.is_active = False
    tenant.admin.save()
    assert Visitor(server).sign_in(tenant.admin).status_code == 422


def test_guessing_passwords_is_slowed(server: Server, tenant: Tenant) -> None:
    """S30: whoever tried an account too often has to wait, with the right password too; never for over a minute."""
    assert [Visitor(server).sign_in(tenant.admin, "wrong").status_code for _ in range(6)] == [422] * 5 + [429]
    answer = Visitor(server).sign_in(tenant.admin)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert "then try again" in answer.text


def test_strangers_do_not_slow_the_browser_that_signed_in_before(server: Server, tenant: Tenant) -> None:
    """S30: nor does the key that somebody uses wrongly."""
    admin = signed_in(server, tenant.admin)
    admin.post("/sign-out")
    stranger = Visitor(server)
    stranger.session.headers["X-Forwarded-For"] = "203.0.113.66"
    for _ in range(7):
        stranger.sign_in(tenant.admin, "wrong")
    assert admin.sign_in(tenant.admin).status_code == 302


def test_pages_carry_a_strict_policy(server: Server, tenant: Tenant) -> None:
    """S30: no script and no style but our own files; no framing; forms go home only."""
    for answer in (requests.get(f"{server.url}/sign-in", timeout=30), signed_in(server, tenant.admin).get("/")):
        policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
        assert (policy["script-src"], policy["style-src"], policy["default-src"]) == ("'self'", "'self'", "'none'")
        assert policy["frame-ancestors"] == "'none'"
        assert " style=" not in answer.text and "<style" not in answer.text and "<script>" not in answer.text


def test_forms_need_their_token(server: Server, tenant: Tenant) -> None:
    """S30: another site cannot make an admin's browser create or revoke a key."""
    visitor = signed_in(server, tenant.admin)
    answer = visitor.session.post(server.url + path(tenant, "new"), data={"name": "X", "expires": "1y"}, timeout=30)
    assert answer.status_code == 403
    assert OrganizationKey.objects.filter(organization=tenant.organization).count() == 1


def test_signing_out_ends_the_session(server: Server, tenant: Tenant) -> None:
    """S30: after it the pages ask to sign in again."""
    visitor = signed_in(server, tenant.admin)
    token = {"csrfmiddlewaretoken": visitor.session.cookies["external_api_csrf"]}
    visitor.session.post(f"{server.url}/sign-out", data=token, timeout=30)
    assert "/sign-in?next=" in visitor.get(path(tenant, "")).url
