"""The acts of administrators on people: roles, leaving and returning, and help for people who cannot sign in.

At least one active administrator always stays, also if two administrators act at the same moment.
"""

from collections.abc import Callable

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from pipelines_portal.accounts import identity_provider
from pipelines_portal.accounts.models import Role, User
from pipelines_portal.accounts.passwords import mail_reset_link_by, reset_link
from pipelines_portal.accounts.sessions import end_all_sessions
from pipelines_portal.accounts.texts import ADMINISTRATORS_ONLY
from pipelines_portal.accounts.two_step import reset_two_step_methods, two_step_methods_of
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.web.exceptions import NotAllowed
from pipelines_portal.web.mail import mail_is_on

# Returns the new owner of a key of somebody who leaves, or None if the key is removed.
NewOwner = Callable[[SavedKey], User | None]


class LastAdministrator(Exception):
    """Nobody would be left to manage people and teams."""

    def __init__(self, person: User, by: User) -> None:
        is_self = person.pk == by.pk
        super().__init__(
            "You’re the only administrator. Make someone else an administrator first."
            if is_self
            else f"{person} is the only administrator. Make someone else an administrator first."
        )


class NoNewOwner(Exception):
    """A key has no new owner, or one who cannot own keys any more."""


@transaction.atomic
def change_role(person: User, role: Role, *, by: User) -> bool:
    """Change the role, which ends the person's sessions. Return False if they have it already, or left.

    Raises LastAdministrator.
    """
    administrators = _lock_administrators(by)
    if role != Role.ADMINISTRATOR:
        _require_another(administrators, person, by)
    was = User.objects.get(pk=person.pk).role
    if not User.objects.filter(pk=person.pk, is_active=True).exclude(role=role).update(role=role):
        return False
    record(Verb.ROLE_CHANGED, by=by, target=person, role=role.value, was=was)
    return True


@transaction.atomic
def deactivate(person: User, new_owner: NewOwner, *, by: User) -> bool:
    """End the person's access and give their keys to others. Return False if they were deactivated already.

    Raises LastAdministrator and NoNewOwner; then nothing is changed.
    """
    _require_another(_lock_administrators(by), person, by)
    if not User.objects.filter(pk=person.pk, is_active=True).update(is_active=False):
        return False
    end_all_sessions(person)
    record(Verb.PERSON_DEACTIVATED, by=by, target=person, email=person.email)
    for key in SavedKey.objects.filter(owner=person).select_related("owner"):
        _dispose_of_key(key, new_owner(key), by)
    return True


def _dispose_of_key(key: SavedKey, owner: User | None, by: User) -> None:
    if owner is None:
        key.remove(by)
        return
    try:
        # The row is locked, because the new owner may be leaving at this moment.
        key.transfer(User.objects.select_for_update().get(pk=owner.pk), by)
    except ValueError:
        raise NoNewOwner(f"{owner} can’t own keys. Choose someone else.") from None


@transaction.atomic
def reactivate(person: User, *, by: User) -> bool:
    """Let the person sign in again, with the role, password and teams that they had, but without their former keys.

    Return False if they are active.
    """
    _lock_administrators(by)
    if not User.objects.filter(pk=person.pk, is_active=False).update(is_active=True):
        return False
    record(Verb.PERSON_ACTIVATED, by=by, target=person, email=person.email)
    return True


@transaction.atomic
def make_reset_link(person: User, request: HttpRequest, *, by: User) -> str:
    """Return a link that sets the person's password. The worker mails another one, if mail is set up."""
    _lock_administrators(by)
    record(Verb.RESET_LINK_MADE, by=by, target=person, email=person.email)
    if mail_is_on():
        mail_reset_link_by.enqueue(by.pk, person.pk)
    return reset_link(person, request, by=by)


@transaction.atomic
def remove_two_step_methods(person: User, *, by: User) -> bool:
    """Remove the person's two-step verification and end their sessions. Return False if there is none."""
    _lock_administrators(by)
    if not two_step_methods_of(person).exists():
        return False
    reset_two_step_methods(person, by)
    return True


@transaction.atomic
def unlink_from_idp(person: User, *, by: User) -> bool:
    """Unlink the person from the identity provider and end their sessions. Return False if they are not linked."""
    _lock_administrators(by)
    return identity_provider.unlink(person, by)


def _lock_administrators(by: User) -> set[int]:
    """Return the ids of the active administrators, after locking their rows until the transaction ends.

    A second administrator who acts at the same moment waits here, and then reads the result of the first. Raises
    NotAllowed if `by` is not among them any more.
    """
    administrators = {person.pk for person in _administrators().select_for_update()}
    if by.pk not in administrators:
        raise NotAllowed(ADMINISTRATORS_ONLY)
    return administrators


def _administrators() -> QuerySet[User]:
    rows = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).order_by("pk")
    return rows if settings.DEMO_IS_ON else rows.exclude(is_demo=True)  # they cannot sign in


def _require_another(administrators: set[int], person: User, by: User) -> None:
    if administrators == {person.pk}:
        raise LastAdministrator(person, by)


def require_another_administrator(person: User, *, by: User) -> None:
    """Raise LastAdministrator if nobody else could manage people without the `person`. For pages: it locks nothing."""
    _require_another({each.pk for each in _administrators()}, person, by)
