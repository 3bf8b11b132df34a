"""Load organizations, people and workflows from a JSON file. It may be loaded again."""

from typing import Annotated, Any

from django.core.management.color import no_style
from django.db import connection, transaction
from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

from pipelines_portal.external_api.models import Membership, Organization, Person, WaitingMembership, Workflow
from pipelines_portal.external_api.workflows.rules import Name, Part, WorkflowContent


def _email_alone(value: Any) -> Any:
    return {"email": value} if isinstance(value, str) else value


class PersonPart(Part):
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)
    password: str | None = None


class AdminPart(PersonPart):
    may_add_organizations: bool | None = None


PersonOrEmail = Annotated[PersonPart, BeforeValidator(_email_alone)]
AdminOrEmail = Annotated[AdminPart, BeforeValidator(_email_alone)]


class WorkflowPart(WorkflowContent):
    id: int = Field(ge=1, le=2**63 - 1)


class OrganizationPart(Part):
    name: Name
    admins: list[AdminOrEmail] = []
    members: list[PersonOrEmail] = []
    workflows: list[WorkflowPart] = []


class OrganizationFile(Part):
    organizations: list[OrganizationPart]


class BadOrganizationFileError(Exception):
    """The problems of the file, each with its path: `organizations.0.workflows.1.status: …`."""


def parse_organizations(text: str | bytes) -> OrganizationFile:
    try:
        return TypeAdapter(OrganizationFile).validate_json(text)
    except ValidationError as error:
        problems = (f"{_path(problem['loc'])}: {problem['msg']}" for problem in error.errors())
        raise BadOrganizationFileError("\n".join(problems)) from error


def _path(location: tuple[int | str, ...]) -> str:
    return ".".join(map(str, location)) or "file"


@transaction.atomic
def load_organizations(file: OrganizationFile) -> list[WaitingMembership]:
    """Create or update what the file names, and return who of them waits for a new password. Everything else stays."""
    created: set[int] = set()
    for position, part in enumerate(file.organizations):
        organization, _ = Organization.objects.get_or_create(name=part.name)
        for role, people in ((Membership.Role.MEMBER, part.members), (Membership.Role.ADMIN, part.admins)):
            for index, person in enumerate(people):
                _load_person(organization, person, role, created, f"organizations.{position}.{role}s.{index}")
        for index, workflow in enumerate(part.workflows):
            _load_workflow(organization, workflow, f"organizations.{position}.workflows.{index}")
    _reset_sequence()
    named = WaitingMembership.objects.filter(organization__name__in=[part.name for part in file.organizations])
    return list(named.select_related("organization", "person").order_by("pk"))


def _load_person(
    organization: Organization, part: PersonPart, role: Membership.Role, created: set[int], path: str
) -> None:
    """Create or update the person and the membership. `created` holds the IDs of the people that this file created.

    Somebody else may know the password of an older account. Without one in the file, it gets no more rights here. With
    one, its sessions end, even if the password is the same: it is hashed again.
    """
    person = Person.objects.select_for_update().filter(email=part.email.lower()).first()
    is_member = Membership.objects.filter(organization=organization, person=person).exists()
    may_add = part.may_add_organizations if isinstance(part, AdminPart) else None
    if is_new := person is None:
        person = Person.objects.create_user(part.email, part.password)
        created.add(person.pk)
    elif part.password is not None and (
        not is_member or (may_add and not person.may_add_organizations) or not person.check_password(part.password)
    ):
        person.set_password(part.password)
        person.save(update_fields=["password"])
    has_own_password = part.password is not None or person.pk in created
    if may_add is not None:
        if may_add and not (has_own_password or person.may_add_organizations):
            raise BadOrganizationFileError(f"{path}.may_add_organizations: set a password, too: the account is older")
        person.may_add_organizations = may_add
        person.save(update_fields=["may_add_organizations"])
    names: dict[str, Any] = {"organization": organization, "person": person}
    if has_own_password or is_member:
        WaitingMembership.objects.filter(**names).delete()
        Membership.objects.update_or_create(
            **names, defaults={"role": role}, create_defaults={"role": role, "created_account": is_new}
        )
    else:
        WaitingMembership.objects.update_or_create(**names, defaults={"role": role})


def _load_workflow(organization: Organization, part: WorkflowPart, path: str) -> None:
    workflow = Workflow.objects.filter(pk=part.id).first() or Workflow(pk=part.id, organization=organization)
    if workflow.organization_id != organization.pk:
        raise BadOrganizationFileError(f"{path}.id: workflow {part.id} belongs to another organization")
    part.write_to(workflow)
    workflow.save()


def _reset_sequence() -> None:
    """Move PostgreSQL's sequence behind the IDs of the file, so that the next ID is free."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Workflow]):
            cursor.execute(statement)
