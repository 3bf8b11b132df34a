"""The people of an organization: their roles, and the links with which they choose a password."""

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.db import transaction
from django.db.models import QuerySet

from pipelines_portal.external_api.models import Membership, Organization, Person


class AlreadyMemberError(Exception):
    """The person belongs to the organization already."""


class LastAdminError(Exception):
    """Without this person nobody could administer the organization."""


@transaction.atomic
def add_person(organization: Organization, email: str, role: str) -> Person:
    """Add the person with this email, who is created without a password if there is none."""
    person, _ = Person.objects.get_or_create(email=email.lower(), defaults={"password": make_password(None)})
    _, is_new = Membership.objects.get_or_create(organization=organization, person=person, defaults={"role": role})
    if not is_new:
        raise AlreadyMemberError
    return person


@transaction.atomic
def change_role(membership: Membership, role: str) -> None:
    if role != Membership.Role.ADMIN:
        _require_another_admin(membership)
    Membership.objects.filter(pk=membership.pk).update(role=role)


@transaction.atomic
def remove_person(membership: Membership) -> None:
    """Remove the person from the organization. Their account and keys stay."""
    _require_another_admin(membership)
    Membership.objects.filter(pk=membership.pk).delete()


def _require_another_admin(membership: Membership) -> None:
    """Raise LastAdminError unless another admin can sign in. The lock makes simultaneous changes wait."""
    Organization.objects.select_for_update().get(pk=membership.organization_id)
    admins = Membership.objects.filter(
        organization_id=membership.organization_id, role=Membership.Role.ADMIN, person__is_active=True
    ).exclude(person__password__startswith=UNUSABLE_PASSWORD_PREFIX)
    if not admins.exclude(pk=membership.pk).exists():
        raise LastAdminError


def people_to_help(admin: Person) -> QuerySet[Person]:
    """Return the people for whose password this admin may make a link.

    The admin could use the link, too. So it gives nothing that the admin does not have: all organizations of the person
    must be the admin's own.
    """
    own = Membership.objects.filter(person=admin, role=Membership.Role.ADMIN).values("organization")
    elsewhere = Membership.objects.exclude(organization__in=own).values("person")
    people = Person.objects.filter(is_active=True).exclude(pk=admin.pk).exclude(pk__in=elsewhere)
    return people if admin.may_add_organizations else people.exclude(may_add_organizations=True)
