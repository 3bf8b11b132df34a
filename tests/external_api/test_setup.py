"""The first start: the setup link, its form, and what is there afterwards."""

import re
from typing import Any

import pytest

from pipelines_portal.core.first_start import SetupFinished, setup_code
from pipelines_portal.external_api.models import (
    Installation,
    Membership,
    Organization,
    OrganizationKey,
    Person,
    Workflow,
)
from pipelines_portal.external_api.organizations import first_start
from pipelines_portal.external_api.organizations.first_start import link, set_up
from pipelines_portal.external_api.workflows.rules import WorkflowContent
from tests.each_case import each_case
from tests.external_api.factories import make_person
from tests.external_api.people import Visitor, shown_values
from tests.external_api.server import Api

PASSWORD = "correct horse battery"
TYPED = {"email": "First@Example.com", "password": PASSWORD, "organization-name": "Acme Labeling"}


def path() -> str:
    return f"/setup?code={setup_code()}"


def test_the_link_is_there_while_there_are_no_people(server: Api, settings: Any) -> None:
    settings.STORAGE_PUBLIC_URL, settings.API_PORT = "", 8101
    assert link() == f"http://localhost:8101{path()}"
    settings.STORAGE_PUBLIC_URL = "https://api.example.com"
    assert link() == f"https://api.example.com{path()}"
    make_person()
    assert link() == ""


def test_setup_makes_everything_for_the_first_key(server: Api, caplog: pytest.LogCaptureFixture) -> None:
    """The form can be left as it is except for the account and the organization's name."""
    visitor = Visitor(server)
    page = visitor.get(path())
    assert page.status_code == 200 and "no-store" in page.headers["Cache-Control"]
    anonymous = visitor.session.cookies.get_dict()
    made = visitor.submit(page, TYPED, to="/setup")
    assert made.status_code == 200 and "no-store" in made.headers["Cache-Control"]
    (key,) = set(re.findall(r"pk_live_[0-9a-f]{40}", made.text))
    assert re.search(r'href="http://localhost:\d+/keys/">Add to the portal</a>', made.text)
    person = Person.objects.get()
    assert (person.email, person.may_add_organizations) == ("first@example.com", True)
    assert person.check_password(PASSWORD)
    membership = Membership.objects.get()
    assert (membership.person, membership.role, membership.organization.name) == (person, "admin", "Acme Labeling")
    workflow = Workflow.objects.get(organization=membership.organization)
    assert (workflow.status, [node["status"] for node in workflow.nodes]) == ("ACTIVE", ["available", "pending"])
    assert workflow.fields == [{"name": "input_text", "title": "Text", "type": "long_text", "required": True}]
    assert OrganizationKey.objects.get().name == "Portal"
    assert server.get(f"/workflows/{workflow.pk}", key=key).status_code == 200
    # The person is signed in, with a session that nobody had before.
    assert visitor.get("/organization-keys/").status_code == 200
    assert not set(anonymous.items()) & set(visitor.session.cookies.get_dict().items())
    for secret in (key, PASSWORD, setup_code()):
        assert secret not in caplog.text
    assert "set-up user=" in caplog.text and "organization-key-made" in caplog.text


@each_case("tail", ["", "?code=", "?code=0123", "?code=%00", "?code=%C3%BC"])
def test_without_the_code_there_is_only_a_plain_page(server: Api, tail: str) -> None:
    visitor = Visitor(server)
    answer = visitor.get(f"/setup{tail}")
    assert (answer.status_code, "link that the server prints" in answer.text) == (404, True)
    form = shown_form(visitor)
    refused = visitor.session.post(f"{server.url}/setup", data=form | TYPED | {"code": "wrong"}, timeout=30)
    assert refused.status_code == 404 and not Person.objects.exists()


def shown_form(visitor: Visitor) -> dict[str, str]:
    return shown_values(visitor.get(path()).text)


def test_setup_ends_with_the_first_person(server: Api) -> None:
    """Persons of a file and of the demo count, too. Sending the form again creates nothing."""
    visitor = Visitor(server)
    page = visitor.get(path())
    assert visitor.submit(page, TYPED, to="/setup").status_code == 200
    for answer in (visitor.submit(page, TYPED, to="/setup"), visitor.get(path()), Visitor(server).get("/setup")):
        assert answer.status_code in (403, 410)
    answer = Visitor(server).get(path())
    assert (answer.status_code, "Setup is finished" in answer.text) == (410, True)
    assert (Person.objects.count(), OrganizationKey.objects.count()) == (1, 1)


@each_case(
    ("typed", "where"),
    [
        ({"email": "nobody"}, "id_email_error"),
        ({"password": "short"}, "id_password_error"),
        ({"password": "first@example.com"}, "id_password_error"),
        ({"organization-name": ""}, "id_organization-name_error"),
        ({"fields-0-type": "select"}, "id_fields-0-options_error"),
        ({"key-expires": "10y"}, "id_key-expires_error"),
    ],
)
def test_mistakes_are_shown_at_their_fields(server: Api, typed: dict[str, str], where: str) -> None:
    visitor = Visitor(server)
    answer = visitor.submit(visitor.get(path()), TYPED | typed, to="/setup")
    assert answer.status_code == 422
    assert f'id="{where}"' in answer.text
    assert PASSWORD not in answer.text
    assert not Person.objects.exists() and not Organization.objects.exists()


def try_to_set_up(email: str) -> None:
    content = WorkflowContent.model_validate({"name": "W", "status": "ACTIVE"})
    set_up(email, PASSWORD, f"Organization of {email}", content, "Portal", "none")


def test_only_one_of_two_simultaneous_setups_succeeds(server: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one looks before the first has committed, and fails at the row that both insert."""
    try_to_set_up("first@example.com")
    looks = iter([False, True])
    monkeypatch.setattr(first_start, "is_set_up", lambda: next(looks))
    with pytest.raises(SetupFinished):
        try_to_set_up("second@example.com")
    assert [person.email for person in Person.objects.all()] == ["first@example.com"]
    assert Organization.objects.count() == Installation.objects.count() == 1


def test_an_installation_without_people_can_be_set_up_again(server: Api) -> None:
    try_to_set_up("first@example.com")
    Person.objects.all().delete()
    assert link()
    try_to_set_up("second@example.com")
    visitor = signed_in_with(server, "second@example.com")
    assert "Organization of second@example.com" in visitor.get("/organization-keys/").text


def signed_in_with(server: Api, email: str) -> Visitor:
    visitor = Visitor(server)
    assert visitor.sign_in(Person.objects.get(email=email), PASSWORD).status_code == 302
    return visitor
