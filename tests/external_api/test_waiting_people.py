"""An account belongs to its person: who has one joins another organization through a link of the server's operator."""

import json
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.management import CommandError, call_command

from pipelines_portal.core.sign_in_throttle.throttle import person_limits
from pipelines_portal.external_api.models import Membership, Organization, Person, WaitingMembership
from pipelines_portal.external_api.organizations.pages import password_views
from pipelines_portal.external_api.organizations.password_links import reset_account
from pipelines_portal.external_api.organizations.people import AlreadyMemberError, activate_memberships, add_person
from tests.external_api.factories import Tenant, make_person, make_tenant
from tests.external_api.people import PASSWORD, Visitor, signed_in
from tests.external_api.server import Api
from tests.external_api.test_people_pages import CHOSEN, choose, link_in, of, pages, post, role_of

EMAIL = "carol@example.com"
OWN = "her own long password"


def operators_link(email: str = EMAIL) -> str:
    """Run the command, and return the path and query of the link that it prints."""
    out = StringIO()
    call_command("password_link", email, stdout=out)
    address, slash, path = out.getvalue().splitlines()[-1].partition("/choose-password")
    assert address == "http://localhost:8001"
    return slash + path


@pytest.fixture
def other() -> Tenant:
    return make_tenant()


@pytest.fixture
def attacker(server: Api, other: Tenant) -> Visitor:
    """The admin of another organization, who added Carol first, chose her password and is signed in as her."""
    page = signed_in(server, other.admin).post(pages(other), {"email": EMAIL, "role": "admin"})
    visitor = Visitor(server)
    assert choose(visitor, link_in(page.text)) == 302
    return visitor


def test_an_account_that_exists_gets_no_rights_when_it_is_added(
    server: Api, tenant: Tenant, other: Tenant, attacker: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the session nor the password of somebody who used the account before opens the organization."""
    admin = signed_in(server, tenant.admin)
    added = admin.post(pages(tenant), {"email": EMAIL, "role": "admin"})
    assert (added.status_code, link_in(added.text)) == (200, "")
    assert f"password_link {EMAIL}" in added.text and "waits=true" in caplog.text
    again = Visitor(server)
    assert again.sign_in(Person.objects.get(email=EMAIL), CHOSEN).status_code == 302
    for visitor in (attacker, again):
        assert visitor.get(pages(other)).status_code == 200
        assert visitor.get(pages(tenant)).status_code == 404
        assert tenant.organization.name not in visitor.get("/organization-keys/").text
    link = operators_link()
    for visitor in (attacker, again):
        assert "/sign-in" in visitor.get("/organization-keys/").url
    assert Visitor(server).sign_in(Person.objects.get(email=EMAIL), CHOSEN).status_code == 422
    carol = Visitor(server)
    assert choose(carol, link, OWN) == 302
    assert carol.get(pages(tenant)).status_code == 200 and carol.get(pages(other)).status_code == 200
    assert "membership-activated" in caplog.text
    assert not WaitingMembership.objects.exists()
    assert choose(Visitor(server), link, CHOSEN) == 404


def test_no_admin_makes_a_link_for_somebody_who_waited(
    server: Api, tenant: Tenant, other: Tenant, attacker: Visitor
) -> None:
    """Nor does a link from before work after the person has joined."""
    carol = Person.objects.get(email=EMAIL)
    foreign, admin = signed_in(server, other.admin), signed_in(server, tenant.admin)
    early = link_in(foreign.post(of(other, carol, "password-link")).text)
    assert Visitor(server).get(early).status_code == 200
    admin.post(pages(tenant), {"email": EMAIL, "role": "member"})
    assert post(admin, tenant, carol, "password-link") == 404
    assert choose(Visitor(server), operators_link(), OWN) == 302
    assert Visitor(server).get(early).status_code == 404
    for visitor, place in ((foreign, other), (admin, tenant)):
        assert post(visitor, place, carol, "password-link") == 404
    # The account is older than this membership, even if that is the only one.
    assert post(foreign, other, carol, "remove") == 302
    assert post(admin, tenant, carol, "password-link") == 404


def test_an_admin_sees_and_removes_who_waits(server: Api, tenant: Tenant, other: Tenant) -> None:
    admin, place = signed_in(server, tenant.admin), pages(tenant)
    email = other.admin.email
    admin.post(place, {"email": email, "role": "admin"})
    page = admin.get(place).text
    assert email in page and "Waiting for a new password link" in page
    assert admin.post(place, {"email": email, "role": "member"}).status_code == 422
    assert "They won’t become a member." in admin.get(of(tenant, other.admin, "remove")).text
    assert post(admin, tenant, other.admin, "remove") == 302
    assert "Waiting for" not in admin.get(place).text
    assert choose(Visitor(server), operators_link(email), OWN) == 302
    assert role_of(tenant, other.admin) is None and role_of(other, other.admin) == "admin"


def test_who_waits_is_no_admin_in_reserve(server: Api, tenant: Tenant, other: Tenant) -> None:
    admin = signed_in(server, tenant.admin)
    admin.post(pages(tenant), {"email": other.admin.email, "role": "admin"})
    assert post(admin, tenant, tenant.admin, "remove") == 422
    assert post(admin, tenant, other.admin, "role", role="admin") == 404


def test_an_admin_of_elsewhere_does_not_end_an_invitation(server: Api, tenant: Tenant, other: Tenant) -> None:
    """The person chooses a password, may get another link, and still waits elsewhere. The operator's link ends both."""
    admin = signed_in(server, other.admin)
    invitation = link_in(admin.post(pages(other), {"email": EMAIL, "role": "member"}).text)
    added = signed_in(server, tenant.admin).post(pages(tenant), {"email": EMAIL, "role": "admin"}).text
    assert f"password_link {EMAIL}" in added and "account" not in added.partition('role="status"')[2].split("</p>")[0]
    carol, visitor = Person.objects.get(email=EMAIL), Visitor(server)
    assert choose(visitor, invitation) == 302
    second = link_in(admin.post(of(other, carol, "password-link")).text)
    assert Visitor(server).get(second).status_code == 200
    assert role_of(tenant, carol) is None and WaitingMembership.objects.filter(person=carol).exists()
    link = operators_link()
    assert "/sign-in" in visitor.get("/password").url and Visitor(server).get(second).status_code == 404
    assert choose(Visitor(server), link, OWN) == 302
    assert (role_of(tenant, carol), role_of(other, carol)) == ("admin", "member")


def test_a_lost_password_of_two_organizations_is_replaced(server: Api, tenant: Tenant, other: Tenant) -> None:
    """The pages name the command, since no admin may make this link."""
    person = make_person("admin", tenant.organization)
    Membership.objects.create(organization=other.organization, person=person, role="admin")
    assert "password_link EMAIL" in signed_in(server, tenant.admin).get(pages(tenant)).text
    old = signed_in(server, person)
    first, second = operators_link(person.email.upper()), operators_link(person.email)
    assert "/sign-in" in old.get("/password").url
    assert choose(Visitor(server), first, OWN) == 404
    assert choose(Visitor(server), second, OWN) == 302
    assert {role_of(tenant, person), role_of(other, person)} == {"admin"}


def test_the_command_refuses_unknown_and_inactive_accounts(tenant: Tenant) -> None:
    link = reset_account(tenant.admin.email)
    Person.objects.filter(pk=tenant.admin.pk).update(is_active=False)
    for email in ("nobody@example.com", tenant.admin.email):
        with pytest.raises(CommandError, match="no active account"):
            call_command("password_link", email)
    assert link and not Person.objects.get(pk=tenant.admin.pk).has_usable_password()


def test_an_operators_link_ends(server: Api, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """After seven days, or if the account is deactivated. Another maker in it makes it invalid."""
    link = operators_link(tenant.admin.email)
    assert Visitor(server).get(link.replace("token=operator", f"token={make_tenant().admin.pk}")).status_code == 404
    Person.objects.filter(pk=tenant.admin.pk).update(is_active=False)
    assert Visitor(server).get(link).status_code == 404
    Person.objects.filter(pk=tenant.admin.pk).update(is_active=True)
    assert Visitor(server).get(link).status_code == 200
    late = datetime.now() + timedelta(days=7, seconds=5)
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda self: late)
    assert Visitor(server).get(link).status_code == 404


def test_an_operators_link_does_not_pass_for_an_admins(server: Api, tenant: Tenant) -> None:
    """The two have keys of their own: a token of an admin cannot be renamed to one of the operator."""
    person = make_person("member", tenant.organization)
    link = link_in(signed_in(server, tenant.admin).post(of(tenant, person, "password-link")).text)
    assert Visitor(server).get(link).status_code == 200
    assert Visitor(server).get(link.replace(f"token={tenant.admin.pk}.", "token=operator.")).status_code == 404


def load(folder: Path, *organizations: Any) -> None:
    file = folder / "organizations.json"
    file.write_text(json.dumps({"organizations": organizations}))
    call_command("load_organizations", str(file), stdout=StringIO())


def test_a_file_adds_an_existing_account_as_waiting(tenant: Tenant, tmp_path: Path) -> None:
    """Loading it again changes the role at most. With a password, the person has joined."""
    email = tenant.admin.email
    for role in ("members", "admins"):
        load(tmp_path, {"name": "New", role: [email]})
        assert WaitingMembership.objects.get(person=tenant.admin).role == role[:-1]
        assert not Membership.objects.filter(organization__name="New").exists()
    load(tmp_path, {"name": "New", "admins": [{"email": email, "password": OWN}]})
    assert Membership.objects.get(organization__name="New").role == "admin"
    assert not WaitingMembership.objects.exists()
    load(tmp_path, {"name": "New", "members": [email]})
    assert Membership.objects.get(organization__name="New").role == "member"


def test_a_file_that_gives_rights_ends_sessions(server: Api, tenant: Tenant, tmp_path: Path) -> None:
    """Even with the password that the account has. Loaded again, it gives none, and sessions stay."""
    for more in ({}, {"may_add_organizations": True}):
        visitor = signed_in(server, tenant.admin)
        part = {"name": "New", "admins": [{"email": tenant.admin.email, "password": PASSWORD} | more]}
        load(tmp_path, part)
        assert "/sign-in" in visitor.get("/password").url
        again = signed_in(server, tenant.admin)
        load(tmp_path, part)
        assert "/sign-in" not in again.get("/password").url


@pytest.mark.django_db
def test_a_file_creates_an_account_of_several_organizations(tmp_path: Path) -> None:
    """Nobody can know its password. When the file is loaded again, nobody waits."""
    parts = [{"name": name, "admins": [{"email": EMAIL, "may_add_organizations": True}]} for name in ("One", "Two")]
    for _ in range(2):
        load(tmp_path, *parts)
        assert Membership.objects.filter(person__email=EMAIL, role="admin").count() == 2
    assert Membership.objects.get(created_account=True).organization.name == "One"
    assert not WaitingMembership.objects.exists()


def test_a_file_gives_an_existing_account_no_right_without_a_password(tenant: Tenant, tmp_path: Path) -> None:
    part = {"email": tenant.admin.email, "may_add_organizations": True}
    with pytest.raises(CommandError, match=r"organizations\.0\.admins\.0\.may_add_organizations: set a password"):
        load(tmp_path, {"name": tenant.organization.name, "admins": [part]})
    load(tmp_path, {"name": tenant.organization.name, "admins": [part | {"password": OWN}]})
    load(tmp_path, {"name": tenant.organization.name, "admins": [part]})
    assert Person.objects.get(pk=tenant.admin.pk).may_add_organizations


def test_adding_and_joining_at_once_gives_one_membership(tenant: Tenant, other: Tenant) -> None:
    """Whichever comes first, nobody is both a member and waiting."""
    waiting = add_person(tenant.organization, other.admin.email, "admin")
    assert [each.role for each in activate_memberships(other.admin)] == ["admin"]
    assert not activate_memberships(other.admin)
    with pytest.raises(AlreadyMemberError):
        add_person(tenant.organization, other.admin.email, "member")
    WaitingMembership.objects.create(organization=tenant.organization, person=waiting.person, role="member")
    activate_memberships(other.admin)
    assert role_of(tenant, other.admin) == "admin"
    assert not WaitingMembership.objects.exists()


def test_a_change_of_password_does_not_undo_a_link(
    server: Api, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form was sent in the old session, and the link was made before it was checked."""
    visitor = signed_in(server, tenant.admin)
    page = visitor.get("/password")

    def make_link_first(request: Any) -> Any:
        reset_account(request.user.email)
        return person_limits(request)

    monkeypatch.setattr(password_views, "person_limits", make_link_first)
    typed = {"old_password": PASSWORD, "new_password1": CHOSEN, "new_password2": CHOSEN}
    assert visitor.submit(page, typed).status_code == 422
    assert not Person.objects.get(pk=tenant.admin.pk).has_usable_password()


def test_an_older_account_of_no_organization_waits_too(tenant: Tenant, other: Tenant) -> None:
    """An admin could choose its password and remove it before somebody else adds it."""
    person = make_person("member", other.organization)
    Membership.objects.filter(person=person).delete()
    assert isinstance(add_person(tenant.organization, person.email, "admin"), WaitingMembership)
    assert isinstance(add_person(Organization.objects.create(name="New"), "new@example.com", "admin"), Membership)
