"""What a person may see of others: people, keys and submissions, without reading everything that was sent."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Subquery, Sum

from pipelines_portal.accounts.models import Membership, User
from pipelines_portal.keys.models import KeyShare, SavedKey
from pipelines_portal.submissions.models import Submission, Submissions, SubmissionTeam
from pipelines_portal.workflows.models import OpenedWorkflow

IS_SHARED = Exists(KeyShare.objects.filter(key=OuterRef("pk")))


def people_of(user: User) -> QuerySet[User]:
    """Return everybody whose submissions the user may see, themselves included."""
    own_shares = KeyShare.objects.filter(key__owner=user)
    led = Membership.objects.filter(user=user, is_lead=True).values("team")
    in_teams = Membership.objects.filter(Q(team__in=led) | Q(team__in=own_shares.values("team")))
    return User.objects.filter(Q(pk=user.pk) | Q(pk__in=own_shares.values("user")) | Q(pk__in=in_teams.values("user")))


def above_the_floor(found: Submissions, keys: Collection[int], count: int) -> Submissions:
    """Filter by these keys, and leave out what is certainly older than the newest `count`."""
    floor = _floor(found, keys, count)
    narrowed = found.filter(key__in=keys)
    return narrowed.filter(created_at__gte=floor) if floor else narrowed


def _floor(found: QuerySet[Submission], keys: Collection[int], count: int) -> datetime | None:
    """Return a time since which there are at least `count`, or None if there are few.

    The newest of each key are together in an index: first a few of each key are read, then as many as are wanted.
    """
    known: list[datetime]
    for depth in (ceil(count / max(len(keys), 1)), count):
        of_a_key = found.filter(key=OuterRef("pk")).values("created_at")[depth - 1 : depth]
        floors = SavedKey.objects.filter(pk__in=keys).annotate(floor=Subquery(of_a_key)).order_by("pk")
        known = sorted((floor for floor in floors.values_list("floor", flat=True) if floor), reverse=True)
        if len(known) >= ceil(count / depth):
            return known[ceil(count / depth) - 1]
    return None


def unknown_for(user: User) -> Submissions:
    """Return the unconfirmed submissions that the user may see, interrupted ones included."""
    Submission.objects.all().settle_overdue()
    return Submission.objects.visible_to(user).filter(status=Submission.Status.UNCONFIRMED)


def older_than(submissions: Submissions, last: Submission | None) -> Submissions:
    """Return those behind `last`. The range on created_at lets an index begin there."""
    if last is None:
        return submissions
    at: dict[str, Any] = {"created_at__lte": last.created_at}
    return submissions.filter(**at).filter(Q(created_at__lt=last.created_at) | Q(id__lt=last.pk))


def looked_after(user: User) -> dict[int, bool]:
    """Return the keys that the user looks after, each with True if it is shared."""
    shares = keys_looked_after(user).values_list("pk", "shares")
    return {key: share is not None for key, share in shares}


def keys_looked_after(user: User) -> QuerySet[SavedKey]:
    """Return the user's own keys, and those that were shared with, or used through, a team that they lead."""
    led = Membership.objects.filter(user=user, is_lead=True).values("team")
    shared = KeyShare.objects.filter(team__in=led)
    sent_with = SubmissionTeam.objects.filter(team__in=led, key=OuterRef("pk"))
    return SavedKey.objects.filter(Q(owner=user) | Q(pk__in=shared.values("key")) | Exists(sent_with)).order_by("pk")


# So many people are a page's worth.
MOST = 50
OF_PERSON = ("owner__name", "owner__email")
UNKNOWN = Q(status=Submission.Status.UNCONFIRMED)


@dataclass(frozen=True)
class Sent:
    """What one person sent. `created` counts tasks, `rejected` rows."""

    person: User
    created: int
    rejected: int
    unknown: int
    last: datetime


def sent_since(lead: User, since: datetime, workflow: OpenedWorkflow | None = None) -> list[Sent]:
    """Return people by the number of their tasks, of one workflow or of all keys that the lead looks after."""
    found = Submission.objects.visible_to(lead).filter(created_at__gte=since)
    if workflow is None:
        found = found.filter(key__in=keys_looked_after(lead).values("pk"))
    else:
        found = found.filter(key=workflow.key_id, workflow_id=workflow.workflow_id)
    return [Sent(User(pk=pk, name=name, email=email), *sums) for pk, name, email, *sums in _sums(found)]


def _sums(found: Submissions) -> QuerySet[Submission, tuple[Any, ...]]:
    """Sum up by person, in the order of Sent."""
    by_person = found.exclude(status=Submission.Status.DRAFT).order_by().values_list("owner", *OF_PERSON)
    sums: Any = by_person.annotate(
        created=Sum("success_count"), rejected=Sum("error_count"), unknown=Count("pk", filter=UNKNOWN),
        last=Max("created_at"),
    )  # fmt: skip
    return sums.order_by("-created", "-last")[:MOST]  # type: ignore[no-any-return]
