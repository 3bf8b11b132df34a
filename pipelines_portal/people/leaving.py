"""Someone leaves, or comes back. What they sent stays under their name."""

from collections.abc import Callable

from django.db import transaction

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.sessions.open_sessions import end_all
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.people.roles import keep_one, lock_administrators

# Who gets a key; None: it is removed.
HeirOf = Callable[[SavedKey], User | None]


class NoHeir(Exception):
    """Nobody was named for a key, or somebody who cannot own it any more."""


@transaction.atomic
def deactivate(person: User, heir_of: HeirOf, *, by: User) -> bool:
    """No access from their next request on, and no key of theirs without an owner. False when they had left already.

    Raises LastAdministrator and NoHeir; then nothing is changed.
    """
    keep_one(lock_administrators(by), without=person)
    if not User.objects.filter(pk=person.pk, is_active=True).update(is_active=False):
        return False
    end_all(person)
    record(Verb.PERSON_DEACTIVATED, by=by, target=person, email=person.email)
    for key in SavedKey.objects.filter(owner=person).select_related("owner"):
        _dispose_of(key, heir_of(key), by)
    return True


def _dispose_of(key: SavedKey, heir: User | None, by: User) -> None:
    if heir is None:
        key.remove(by)
        return
    # Read and held: they may be leaving at this very moment.
    try:
        key.hand_over(User.objects.select_for_update().get(pk=heir.pk), by)
    except ValueError:
        raise NoHeir(f"{heir} cannot own a key any more. Nobody was deactivated. Choose someone else.") from None


@transaction.atomic
def let_in_again(person: User, *, by: User) -> bool:
    """With the role, password and teams they had; keys that were handed over stay where they are."""
    lock_administrators(by)
    if not User.objects.filter(pk=person.pk, is_active=False).update(is_active=True):
        return False
    record(Verb.PERSON_ACTIVATED, by=by, target=person, email=person.email)
    return True
