"""Access to the organization keys pages, and their protection."""

from ipaddress import ip_network
from typing import Any

from pipelines_portal.external_api.models import Membership, Organization, OrganizationKey
from tests.external_api.factories import Tenant, make_person
from tests.external_api.people import Visitor, signed_in
from tests.external_api.server import Api


def path(tenant: Tenant, tail: str) -> str:
    return f"/organization-keys/{tenant.organization.pk}/" + tail.format(key=tenant.api_key.pk)


def test_an_admin_of_several_organizations_can_choose(server: Api, tenant: Tenant) -> None:
    """S30: the page lists those of which they are an admin."""
    second, third = (Organization.objects.create(name=f"{name} of {tenant.organization}") for name in ("B", "C"))
    Membership.objects.create(organization=second, person=tenant.admin, role="admin")
    Membership.objects.create(organization=third, person=tenant.admin, role="member")
    page = signed_in(server, tenant.admin).get("/organization-keys/").text
    assert tenant.organization.name in page and second.name in page and third.name not in page


def test_a_person_without_an_organization_gets_403(server: Api) -> None:
    """S30: the page gives the reason."""
    answer = signed_in(server, make_person()).get("/organization-keys/")
    assert (answer.status_code, "Ask an admin of your organization" in answer.text) == (403, True)


def test_a_former_admin_has_no_access(server: Api, tenant: Tenant) -> None:
    """S30: membership is checked at every request."""
    visitor = signed_in(server, tenant.admin)
    assert visitor.get(path(tenant, "")).status_code == 200
    Membership.objects.filter(person=tenant.admin).delete()
    assert visitor.get(path(tenant, "")).status_code == 404


def test_wrong_passwords_and_inactive_people_are_refused(server: Api, tenant: Tenant) -> None:
    """S30: signing in needs the password of an active person."""
    assert Visitor(server).sign_in(tenant.admin, "wrong").status_code == 422
    tenant.admin.is_active = False
    tenant.admin.save()
    assert Visitor(server).sign_in(tenant.admin).status_code == 422


def test_guessing_passwords_is_limited(server: Api, tenant: Tenant) -> None:
    """S30: after too many tries even the right password has to wait, for five minutes at most."""
    assert [Visitor(server).sign_in(tenant.admin, "wrong").status_code for _ in range(6)] == [422] * 5 + [429]
    answer = Visitor(server).sign_in(tenant.admin)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 300
    assert "Try again in" in answer.text


def test_the_limit_does_not_affect_other_addresses(server: Api, tenant: Tenant, settings: Any) -> None:
    """S30: strangers cannot lock an admin out."""
    settings.TRUSTED_PROXIES = [ip_network("127.0.0.1")]
    admin = Visitor(server)
    stranger = Visitor(server)
    stranger.session.headers["X-Forwarded-For"] = "203.0.113.66"
    for _ in range(7):
        stranger.sign_in(tenant.admin, "wrong")
    assert admin.sign_in(tenant.admin).status_code == 302


def test_pages_have_a_strict_policy(server: Api, tenant: Tenant) -> None:
    """S30: scripts and styles are files of this server, and frames are forbidden."""
    for answer in (Visitor(server).get("/sign-in"), signed_in(server, tenant.admin).get("/")):
        policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
        assert (policy["script-src"], policy["style-src"], policy["default-src"]) == ("'self'", "'self'", "'none'")
        assert policy["frame-ancestors"] == "'none'"
        assert " style=" not in answer.text and "<style" not in answer.text and "<script>" not in answer.text


def test_forms_need_their_token(server: Api, tenant: Tenant) -> None:
    """S30: another site cannot make an admin's browser create or revoke a key."""
    visitor = signed_in(server, tenant.admin)
    answer = visitor.session.post(server.url + path(tenant, "new"), data={"name": "X", "expires": "1y"}, timeout=30)
    assert answer.status_code == 403
    assert OrganizationKey.objects.filter(organization=tenant.organization).count() == 1


def test_signing_out_ends_the_session(server: Api, tenant: Tenant) -> None:
    """S30: the pages redirect to the sign-in page again."""
    visitor = signed_in(server, tenant.admin)
    visitor.sign_out()
    assert "/sign-in?next=" in visitor.get(path(tenant, "")).url
