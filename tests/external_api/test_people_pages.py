"""The people of an organization: adding, roles, removing, and links for choosing a password."""

import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.tokens import PasswordResetTokenGenerator

from pipelines_portal.external_api.models import Membership, Organization, Person
from pipelines_portal.external_api.organizations.password_links import PasswordLinkTokens, check_token
from tests.each_case import each_case
from tests.external_api.factories import Tenant, make_person, make_tenant
from tests.external_api.people import PASSWORD, Visitor, shown_values, signed_in
from tests.external_api.server import Api

CHOSEN = "correct horse battery"


@pytest.fixture
def visitor(server: Api, tenant: Tenant) -> Visitor:
    return signed_in(server, tenant.admin)


def pages(tenant: Tenant, tail: str = "") -> str:
    return f"/organization-keys/{tenant.organization.pk}/people{tail}"


def of(tenant: Tenant, person: Person, tail: str) -> str:
    return pages(tenant, f"/{person.pk}/{tail}")


def link_in(page: str) -> str:
    """Return the path and query of the link that a page shows, or ""."""
    found = re.search(r'value="http://testserver(/choose-password[^"]+)"', page)
    return found[1].replace("&amp;", "&") if found else ""


def post(visitor: Visitor, tenant: Tenant, person: Person, tail: str, **form: str) -> int:
    """Press a button on the page of people."""
    token = {"csrfmiddlewaretoken": shown_values(visitor.get(pages(tenant)).text)["csrfmiddlewaretoken"]}
    url = visitor.server.url + of(tenant, person, tail)
    return visitor.session.post(url, data=token | form, timeout=30, allow_redirects=False).status_code


def role_of(tenant: Tenant, person: Person) -> str | None:
    return (
        Membership.objects.filter(organization=tenant.organization, person=person)
        .values_list("role", flat=True)
        .first()
    )


def choose(visitor: Visitor, link: str, password: str = CHOSEN) -> int:
    page = visitor.get(link)
    if page.status_code != 200:
        return page.status_code
    typed = {"new_password1": password, "new_password2": password}
    return visitor.submit(page, typed, allow_redirects=False).status_code


def test_the_list_shows_emails_roles_and_live_keys(visitor: Visitor, tenant: Tenant) -> None:
    make_person("member", tenant.organization)
    foreign = make_tenant().admin
    page = visitor.get(pages(tenant)).text
    assert re.findall(r'<td[^>]*data-label="\w+">([^<]*)</td>', page) == ["Org Admin", "1", "Member", "0"]
    assert foreign.email not in page


def test_a_new_person_chooses_a_password_through_a_link(
    server: Api, visitor: Visitor, tenant: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    """Only the response to the POST shows the link, which works once."""
    made = visitor.post(pages(tenant), {"email": "Lena@Example.com", "role": "admin"})
    lena = Person.objects.get(email="lena@example.com")
    assert (role_of(tenant, lena), lena.has_usable_password()) == ("admin", False)
    link = link_in(made.text)
    assert urlsplit(link).path == "/choose-password"
    assert not link_in(visitor.get(pages(tenant)).text)
    stranger = Visitor(server)
    page = stranger.get(link)
    assert page.status_code == 200 and "token" not in urlsplit(page.url).query
    assert (page.headers["Referrer-Policy"], "no-store" in page.headers["Cache-Control"]) == ("same-origin", True)
    assert stranger.submit(page, {"new_password1": "short", "new_password2": "short"}).status_code == 422
    assert choose(stranger, link) == 302
    assert stranger.get(pages(tenant)).status_code == 200
    assert choose(Visitor(server), link, "another horse battery") == 404
    assert Visitor(server).sign_in(lena, CHOSEN).status_code == 302
    token = link.rsplit("token=", 1)[1]
    assert token not in caplog.text and CHOSEN not in caplog.text
    for event in ("person-added", "password-link-made", "password-chosen"):
        assert event in caplog.text


@pytest.mark.parametrize("query", ["", "?uid=&token=x", "?uid=MQ&token=x", "?uid=%00&token=%00", "?uid=MQ"])
def test_other_links_do_not_work(server: Api, query: str) -> None:
    answer = Visitor(server).get(f"/choose-password{query}")
    assert (answer.status_code, "This link doesn’t work" in answer.text) == (404, True)


def test_a_link_works_for_seven_days(server: Api, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    person = make_person("member", tenant.organization)
    token = PasswordLinkTokens(str(tenant.admin.pk)).make_named_token(person)
    for age, works in ((timedelta(days=7), True), (timedelta(days=7, seconds=5), False)):
        monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda self, age=age: datetime.now() + age)
        assert check_token(person, token) is works


def test_people_are_added_once_and_with_a_known_role(visitor: Visitor, tenant: Tenant) -> None:
    member = make_person("member", tenant.organization)
    for form in ({"email": member.email, "role": "admin"}, {"email": "no", "role": "admin"}, {"email": "", "role": ""}):
        answer = visitor.post(pages(tenant), form)
        assert (answer.status_code, 'id="id_email_error"' in answer.text) == (422, True)
    assert visitor.post(pages(tenant), {"email": "x@example.com", "role": "owner"}).status_code == 422
    assert role_of(tenant, member) == "member" and tenant.organization.memberships.count() == 2


def test_no_link_is_made_for_people_of_other_organizations(server: Api, visitor: Visitor, tenant: Tenant) -> None:
    """Otherwise an admin could act as somebody else in another organization, even if they belong to it now."""
    other = Organization.objects.create(name="Other")
    people = [make_person("member", tenant.organization) for _ in range(2)]
    Membership.objects.create(organization=other, person=people[0], role="member")
    Membership.objects.filter(person=people[1]).update(created_account=False)
    Membership.objects.create(organization=other, person=tenant.admin, role="admin")
    for person in people:
        path = of(tenant, person, "password-link")
        assert path not in visitor.get(pages(tenant)).text
        assert visitor.get(path).status_code == 404
        assert post(visitor, tenant, person, "password-link") == 404


def test_no_link_gives_more_rights_than_its_maker_has(visitor: Visitor, tenant: Tenant) -> None:
    """Nor is there one for oneself: the old password is asked for that."""
    first = make_person("member", tenant.organization)
    path = of(tenant, first, "password-link")
    assert visitor.get(path).status_code == 200
    Person.objects.filter(pk=first.pk).update(may_add_organizations=True)
    assert visitor.get(path).status_code == 404
    Person.objects.filter(pk=tenant.admin.pk).update(may_add_organizations=True)
    assert visitor.get(path).status_code == 200
    assert visitor.get(of(tenant, tenant.admin, "password-link")).status_code == 404


def test_a_link_ends_when_the_person_joins_another_organization(server: Api, visitor: Visitor, tenant: Tenant) -> None:
    """The admin who made it could use it, and would be in that organization, too."""
    person = make_person("member", tenant.organization)
    link = link_in(visitor.post(of(tenant, person, "password-link")).text)
    assert Visitor(server).get(link).status_code == 200
    Membership.objects.create(organization=make_tenant().organization, person=person, role="member")
    assert Visitor(server).get(link).status_code == 404


@each_case("end", ["removed", "role", "inactive", "deleted", "lesser"])
def test_a_link_ends_with_the_rights_of_its_maker(server: Api, visitor: Visitor, tenant: Tenant, end: str) -> None:
    """A removed admin cannot come back as another person, nor with the page that they opened before."""
    maker = make_person("admin", tenant.organization)
    Person.objects.filter(pk__in=[maker.pk, tenant.admin.pk]).update(may_add_organizations=True)
    link = link_in(signed_in(server, maker).post(of(tenant, tenant.admin, "password-link")).text)
    stranger = Visitor(server)
    opened = stranger.get(link)
    assert opened.status_code == 200
    if end == "removed":
        assert post(visitor, tenant, maker, "remove") == 302
    elif end == "role":
        assert post(visitor, tenant, maker, "role", role="member") == 302
    elif end == "deleted":
        maker.delete()
    else:
        lost = "is_active" if end == "inactive" else "may_add_organizations"
        Person.objects.filter(pk=maker.pk).update(**{lost: False})
    typed = {"new_password1": CHOSEN, "new_password2": CHOSEN}
    assert stranger.submit(opened, typed, allow_redirects=False).status_code == 404
    assert Visitor(server).get(link).status_code == 404
    assert Person.objects.get(pk=tenant.admin.pk).check_password(PASSWORD)


def test_the_maker_in_a_link_cannot_be_changed(server: Api, visitor: Visitor, tenant: Tenant) -> None:
    """Otherwise a removed admin could name one who is still there."""
    member = make_person("member", tenant.organization)
    other = make_person("admin", tenant.organization)
    link = link_in(visitor.post(of(tenant, member, "password-link")).text)
    before, _, rest = link.partition(f"token={tenant.admin.pk}.")
    assert rest and Visitor(server).get(link).status_code == 200
    for maker in (f"{other.pk}.", "x.", ".", ""):
        assert Visitor(server).get(f"{before}token={maker}{rest}").status_code == 404


def test_a_new_link_replaces_a_forgotten_password(server: Api, visitor: Visitor, tenant: Tenant) -> None:
    """Sessions with the old one end."""
    member = make_person("member", tenant.organization)
    before = signed_in(server, member)
    page = visitor.post(of(tenant, member, "password-link"))
    assert "no-store" in page.headers["Cache-Control"]
    assert choose(Visitor(server), link_in(page.text)) == 302
    assert "/sign-in" in before.get("/password").url
    assert Visitor(server).sign_in(member, PASSWORD).status_code == 422


def test_roles_change(visitor: Visitor, tenant: Tenant, caplog: pytest.LogCaptureFixture) -> None:
    member = make_person("member", tenant.organization)
    assert post(visitor, tenant, member, "role", role="owner") == 422
    assert (post(visitor, tenant, member, "role", role="admin"), role_of(tenant, member)) == (302, "admin")
    assert (post(visitor, tenant, member, "role", role="member"), role_of(tenant, member)) == (302, "member")
    assert caplog.text.count("person-role-changed") == 2


def test_a_person_is_removed(server: Api, visitor: Visitor, tenant: Tenant, caplog: pytest.LogCaptureFixture) -> None:
    """The account stays, and has no access from the next request on."""
    other = make_person("admin", tenant.organization)
    theirs = signed_in(server, other)
    assert theirs.get(pages(tenant)).status_code == 200
    assert "can’t upload ZIP files" in visitor.get(of(tenant, other, "remove")).text
    assert post(visitor, tenant, other, "remove") == 302
    assert role_of(tenant, other) is None and Person.objects.filter(pk=other.pk).exists()
    assert theirs.get(pages(tenant)).status_code == 404
    assert "person-removed" in caplog.text


def test_the_last_admin_stays(server: Api, visitor: Visitor, tenant: Tenant) -> None:
    """Another admin who cannot sign in does not count."""
    make_person("member", tenant.organization)
    idle = make_person("admin", tenant.organization)
    Person.objects.filter(pk=idle.pk).update(is_active=False)
    unready = Person.objects.create_user("unready@example.com")
    Membership.objects.create(organization=tenant.organization, person=unready, role="admin")
    assert post(visitor, tenant, tenant.admin, "role", role="member") == 422
    assert post(visitor, tenant, tenant.admin, "remove") == 422
    assert role_of(tenant, tenant.admin) == "admin"
    unready.set_password(CHOSEN)
    unready.save()
    assert post(visitor, tenant, tenant.admin, "role", role="member") == 302
    assert role_of(tenant, tenant.admin) == "member"
    assert visitor.get("/organization-keys/").status_code == 403
