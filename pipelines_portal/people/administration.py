"""A person's role. One administrator who is here stays, whatever happens at the same moment."""

from django.conf import settings
from django.db import transaction

from pipelines_portal.accounts.access import ADMINISTRATORS
from pipelines_portal.accounts.models import Role, User
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.not_allowed import NotAllowed


class LastAdministrator(Exception):
    """Nobody would be left to look after people and teams."""

    def __init__(self, person: User) -> None:
        super().__init__(
            f"{person} is the only administrator here. Nothing was changed. Make someone else an administrator first."
        )


@transaction.atomic
def change_role(person: User, role: Role, *, by: User) -> bool:
    """False when they have this role already, or are not here any more. Every session of theirs ends.

    Raises LastAdministrator.
    """
    administrators = lock_administrators(by)
    if role != Role.ADMINISTRATOR:
        keep_one(administrators, without=person)
    was = User.objects.get(pk=person.pk).role
    if not User.objects.filter(pk=person.pk, is_active=True).exclude(role=role).update(role=role):
        return False
    record(Verb.ROLE_CHANGED, by=by, target=person, role=role.value, was=was)
    return True


def lock_administrators(by: User) -> set[int]:
    """The ids of all who are here. Until the transaction ends, whoever else takes rights away waits here.

    They then read what that left: so two who demote each other are not both believed, and `by` may be none any more.
    """
    rows = User.objects.select_for_update().filter(role=Role.ADMINISTRATOR, is_active=True).order_by("pk")
    if not settings.DEMO_IS_ON:
        rows = rows.exclude(is_demo=True)  # they cannot sign in
    administrators = {person.pk for person in rows}
    if by.pk not in administrators:
        raise NotAllowed(ADMINISTRATORS)
    return administrators


def keep_one(administrators: set[int], *, without: User) -> None:
    """Raises LastAdministrator where `without` is the only one."""
    if administrators == {without.pk}:
        raise LastAdministrator(without)
