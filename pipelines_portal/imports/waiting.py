"""Imports that stand until a person goes on with them, for Home."""

from typing import Any

from django.db.models import BigIntegerField, Case, F, Q, QuerySet, When, Window
from django.db.models.functions import RowNumber

from pipelines_portal.accounts.models import User
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.shared.prepared import Given, prepared
from pipelines_portal.web.attention import Decision, Waiting

from .access import HAS_REQUESTS, page_url
from .models import Import, State

MOST = 3
NAMED = ("key_id", "workflow_id", "workflow_name", "file_name", "state", "changed_at")
# Of what stopped, and of what is to be matched.
PLACE = Window(
    RowNumber(), partition_by=Case(When(state=State.MATCHING, then=1), default=0), order_by=F("changed_at").desc()
)
SENTENCES = {
    State.UNCERTAIN: "Nobody knows what came of one of its requests, so nothing more of it is sent.",
    State.PAUSED: "It is paused. What was not sent waits.",
    State.MATCHING: "Its columns are still to be matched. Nothing of it was sent.",
}


def waiting_imports(sender: object, user: User, **more: Any) -> Waiting | None:
    """What stopped on the way, of all whose key they may use; what is still to be matched, of their own."""
    return Waiting(_waiting.asked(user=user.pk), _decisions) if user.may_send else None


@prepared(user=BigIntegerField())
def _waiting(user: Given) -> QuerySet[Import]:
    keys = SavedKey.objects.usable_by(user).values("pk")
    stopped = Q(state__in=[State.UNCERTAIN, State.PAUSED])
    waiting = Import.objects.filter(stopped | Q(state=State.MATCHING, owner=user), key__in=keys)
    return waiting.only(*NAMED).annotate(place=PLACE, has_requests=HAS_REQUESTS).filter(place__lte=MOST)


def _decisions(found: list[Import]) -> list[Decision]:
    return [_decision(of) for of in sorted(found, key=_order)]


def _order(of: Import) -> int:
    """What nobody knows comes first, what is to be matched last; the newest of each first, as they were read."""
    return (State.UNCERTAIN, State.PAUSED, State.MATCHING).index(State(of.state))


def _decision(of: Import) -> Decision:
    is_lost = of.state == State.UNCERTAIN
    title = f"The import {of.label} {'stopped' if is_lost else 'waits'}"
    action, tone = ("Look and decide", "unknown") if is_lost else ("Go on with it", "info")
    return Decision(title, SENTENCES[State(of.state)], action, page_url(of), tone)
