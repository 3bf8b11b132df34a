"""Adding and renaming organizations."""

import json
from pathlib import Path

import pytest
from django.core.management import call_command

from pipelines_portal.external_api.models import Membership, Organization, Person
from pipelines_portal.external_api.organizations.json_file import BadOrganizationFileError, parse_organizations
from tests.external_api.factories import Tenant, make_person
from tests.external_api.people import signed_in
from tests.external_api.server import Api


def test_the_person_who_adds_an_organization_becomes_its_admin(
    server: Api, tenant: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    person = make_person()
    Person.objects.filter(pk=person.pk).update(may_add_organizations=True)
    visitor = signed_in(server, person)
    taken = visitor.post("/organization-keys/add", {"name": tenant.organization.name})
    assert (taken.status_code, 'id="id_name_error"' in taken.text) == (422, True)
    assert visitor.post("/organization-keys/add", {"name": " "}).status_code == 422
    answer = visitor.post("/organization-keys/add", {"name": "Second Org"})
    organization = Organization.objects.get(name="Second Org")
    assert answer.url.endswith(f"/organization-keys/{organization.pk}/workflows")
    assert Membership.objects.get(organization=organization).person == person
    assert "organization-added user=" in caplog.text
    assert "Second Org" in visitor.get("/organization-keys/").text


def test_an_admin_renames_the_organization(server: Api, tenant: Tenant, caplog: pytest.LogCaptureFixture) -> None:
    other = Organization.objects.create(name="Taken")
    visitor = signed_in(server, tenant.admin)
    path = f"/organization-keys/{tenant.organization.pk}/rename"
    assert visitor.post(path, {"name": other.name}).status_code == 422
    assert "“New name” saved" in visitor.post(path, {"name": "New name"}).text
    tenant.organization.refresh_from_db()
    assert tenant.organization.name == "New name"
    assert "organization-renamed" in caplog.text


@pytest.mark.django_db
def test_a_file_says_which_admins_may_add_organizations(tmp_path: Path) -> None:
    """Without the entry nothing changes, and members cannot have it."""
    admins = [{"email": "a@example.org", "may_add_organizations": True}, "b@example.org"]
    parts = {"name": "By file", "admins": admins}
    for part in (parts, parts | {"admins": ["a@example.org"]}):
        file = tmp_path / "organizations.json"
        file.write_text(json.dumps({"organizations": [part]}))
        call_command("load_organizations", str(file))
        assert [each.email for each in Person.objects.filter(may_add_organizations=True)] == ["a@example.org"]
    with pytest.raises(BadOrganizationFileError, match=r"organizations\.0\.members\.0\.may_add_organizations"):
        parse_organizations(json.dumps({"organizations": [{"name": "X", "members": admins[:1]}]}))
