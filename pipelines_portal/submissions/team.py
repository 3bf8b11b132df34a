"""What those sent who use someone's keys, or whom they lead: found newest first without walking the whole ledger."""

from collections.abc import Collection
from datetime import datetime
from math import ceil
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from pipelines_portal.accounts.models import Membership, User
from pipelines_portal.keys.models import KeyShare, SavedKey
from pipelines_portal.submissions.models import Submission, Submissions, SubmissionTeam
from pipelines_portal.submissions.outcomes import settle_interrupted

IS_SHARED = Exists(KeyShare.objects.filter(key=OuterRef("pk")))
MOST_UNKNOWN = 30


def people_of(user: User) -> QuerySet[User]:
    """Everyone whose submissions they may see, themselves included."""
    own_shares = KeyShare.objects.filter(key__owner=user)
    led = Membership.objects.filter(user=user, is_lead=True).values("team")
    in_teams = Membership.objects.filter(Q(team__in=led) | Q(team__in=own_shares.values("team")))
    return User.objects.filter(Q(pk=user.pk) | Q(pk__in=own_shares.values("user")) | Q(pk__in=in_teams.values("user")))


def above_the_floor(found: Submissions, keys: Collection[int], count: int) -> Submissions:
    """Those of these keys, without what is certainly older than the newest `count`."""
    floor = _floor(found, keys, count)
    narrowed = found.filter(key__in=keys)
    return narrowed.filter(created_at__gte=floor) if floor else narrowed


def _floor(found: QuerySet[Submission], keys: Collection[int], count: int) -> datetime | None:
    """A moment since which there are at least `count`. Each key's newest stand together in an index: first a few of
    each are looked at, then as many as are wanted. None when no key has so many, and all together are few.
    """
    known: list[datetime]
    for depth in (ceil(count / max(len(keys), 1)), count):
        of_a_key = found.filter(key=OuterRef("pk")).values("created_at")[depth - 1 : depth]
        floors = SavedKey.objects.filter(pk__in=keys).annotate(floor=Subquery(of_a_key)).order_by("pk")
        known = sorted((floor for floor in floors.values_list("floor", flat=True) if floor), reverse=True)
        if len(known) >= ceil(count / depth):
            return known[ceil(count / depth) - 1]
    return None


def unknown_for(user: User) -> list[Submission]:
    """Return the newest that they may see and of which nobody knows whether they were sent, with interrupted ones."""
    settle_interrupted()
    unknown = Submission.objects.visible_to(user).filter(status=Submission.Status.UNCONFIRMED)
    return list(unknown.as_listed()[:MOST_UNKNOWN])


def older_than(submissions: Submissions, last: Submission | None) -> Submissions:
    """Those behind `last`, the last one of the page before. The range in front lets an index begin there."""
    if last is None:
        return submissions
    at: dict[str, Any] = {"created_at__lte": last.created_at}
    return submissions.filter(**at).filter(Q(created_at__lt=last.created_at) | Q(id__lt=last.pk))


def looked_after(user: User) -> list[tuple[int, bool]]:
    """Each key that they look after, and whether it is shared."""
    return list(keys_looked_after(user).annotate(is_shared=IS_SHARED).values_list("pk", "is_shared"))


def keys_looked_after(user: User) -> QuerySet[SavedKey]:
    """Their own, and those that are shared with a team that they lead, or that were used through such a team."""
    led = Membership.objects.filter(user=user, is_lead=True).values("team")
    shared = KeyShare.objects.filter(team__in=led)
    sent_with = SubmissionTeam.objects.filter(team__in=led, key=OuterRef("pk"))
    return SavedKey.objects.filter(Q(owner=user) | Q(pk__in=shared.values("key")) | Exists(sent_with)).order_by("pk")
