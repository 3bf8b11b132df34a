"""Whose words a person may look for."""

from collections.abc import Iterable

from django.db.models import BigIntegerField, Q, QuerySet

from pipelines_portal.accounts.models import User
from pipelines_portal.saved_keys.models import KeyShare, SavedKey
from pipelines_portal.shared.prepared import Given, prepared
from pipelines_portal.teams.models import Membership

from .models import Sender


@prepared(user=BigIntegerField())
def others_seen_by(user: Given) -> QuerySet[Sender, int]:
    """All who sent something with a key they look after.

    Not all that these sent: what is found is filtered by the ledger.
    """
    return _others(user).order_by().values_list("person", flat=True)


def senders(user: User, others: Iterable[int], person_id: int | None = None) -> list[int]:
    """With themselves; of these one where one is named."""
    ids = {user.pk, *others}
    return sorted(ids if person_id is None else ids & {person_id})


def people_seen_by(user: User | Given) -> QuerySet[User]:
    """Themselves, and those."""
    return User.objects.filter(Q(pk=getattr(user, "pk", user)) | Q(pk__in=_others(user).values("person")))


def _others(user: User | Given) -> QuerySet[Sender]:
    led = Membership.objects.filter(user=user, is_lead=True).values("team")
    shared = KeyShare.objects.filter(team__in=led).values("key")
    return Sender.objects.filter(Q(key__in=SavedKey.objects.filter(Q(owner=user) | Q(pk__in=shared))))
