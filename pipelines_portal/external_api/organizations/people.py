"""The people of an organization: their roles, and the links with which they choose a password."""

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.db import transaction
from django.db.models import Count, QuerySet

from pipelines_portal.external_api.models import Membership, Organization, Person, WaitingMembership


class AlreadyMemberError(Exception):
    """The person belongs to the organization already."""


class LastAdminError(Exception):
    """Without this person nobody could administer the organization."""


@transaction.atomic
def add_person(organization: Organization, email: str, role: str) -> Membership | WaitingMembership:
    """Add the person with this email, who is created without a password if there is none.

    The membership of somebody who has an account waits, because others may know its password.
    """
    person, is_new = Person.objects.get_or_create(email=email.lower(), defaults={"password": make_password(None)})
    if is_new:
        return Membership.objects.create(organization=organization, person=person, role=role, created_account=True)
    # Waits for a simultaneous activate_memberships.
    Person.objects.select_for_update().get(pk=person.pk)
    if Membership.objects.filter(organization=organization, person=person).exists():
        raise AlreadyMemberError
    waiting, is_first = WaitingMembership.objects.get_or_create(
        organization=organization, person=person, defaults={"role": role}
    )
    if not is_first:
        raise AlreadyMemberError
    return waiting


def activate_memberships(person: Person) -> list[Membership]:
    """Turn the waiting memberships of a locked person into memberships, and return these."""
    activated = []
    for waiting in WaitingMembership.objects.select_for_update().filter(person=person):
        membership, _ = Membership.objects.get_or_create(
            organization_id=waiting.organization_id, person=person, defaults={"role": waiting.role}
        )
        activated.append(membership)
        waiting.delete()
    return activated


@transaction.atomic
def change_role(membership: Membership, role: str) -> None:
    if role != Membership.Role.ADMIN:
        _require_another_admin(membership)
    Membership.objects.filter(pk=membership.pk).update(role=role)


@transaction.atomic
def remove_person(organization: Organization, person: Person) -> None:
    """Remove the person, who may be waiting, from the organization. Their account and keys stay."""
    # Waits for a simultaneous activate_memberships.
    Person.objects.select_for_update().get(pk=person.pk)
    WaitingMembership.objects.filter(organization=organization, person=person).delete()
    membership = Membership.objects.filter(organization=organization, person=person).first()
    if membership is not None:
        _require_another_admin(membership)
        membership.delete()


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

    The admin could use the link, too. So the account must have been created for an organization of the admin, and
    belong to no other one. It may wait for one: that membership begins with another password. Otherwise anyone could
    end the links of a person by adding the email.
    """
    own = Membership.objects.filter(person=admin, role=Membership.Role.ADMIN).values("organization")
    created = Membership.objects.filter(organization__in=own, created_account=True).values("person")
    elsewhere = Membership.objects.values("person").annotate(number=Count("pk")).filter(number__gt=1).values("person")
    people = Person.objects.filter(is_active=True, pk__in=created).exclude(pk=admin.pk)
    people = people.exclude(pk__in=elsewhere)
    return people if admin.may_add_organizations else people.exclude(may_add_organizations=True)
