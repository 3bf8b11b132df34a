"""The first start: a page makes the first person, organization, workflow and key."""

from django.conf import settings
from django.urls import reverse

from pipelines_portal.core.first_start import first_only, setup_link
from pipelines_portal.external_api.models import (
    Installation,
    Membership,
    Organization,
    OrganizationKey,
    Person,
    Workflow,
)
from pipelines_portal.external_api.organizations.keys import create_key
from pipelines_portal.external_api.workflows.rules import WorkflowContent


def link() -> str:
    """Return the setup link while there are no people, else ""."""
    return "" if is_set_up() else setup_link(own_address(), reverse("organization_keys:setup"))


def own_address() -> str:
    """Return the address of this program for links that a command prints."""
    return settings.STORAGE_PUBLIC_URL or f"http://localhost:{settings.API_PORT}"


def is_set_up() -> bool:
    """Return whether there are people, whether setup, a command or the demo made them."""
    return Person.objects.exists()


def set_up(
    email: str, password: str, organization_name: str, content: WorkflowContent, key_name: str, expires: str
) -> tuple[OrganizationKey, str]:
    """Create everything for the first key, and return it with its plain text. Raise SetupFinished for the second."""
    with first_only(is_set_up):
        person = Person.objects.create_user(email, password)
        Installation.objects.create(first_person=person)
        person.may_add_organizations = True
        person.save(update_fields=["may_add_organizations"])
        organization = Organization.objects.create(name=organization_name)
        Membership.objects.create(
            organization=organization, person=person, role=Membership.Role.ADMIN, created_account=True
        )
        workflow = Workflow(organization=organization)
        content.write_to(workflow)
        workflow.save()
        return create_key(organization, key_name, expires, person)
