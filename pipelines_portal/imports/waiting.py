"""Imports that stand until a person goes on with them, for Home."""

from functools import partial
from typing import Any

from django.db.models import BigIntegerField, Case, F, Q, QuerySet, When, Window
from django.db.models.functions import RowNumber

from pipelines_portal.accounts.models import User
from pipelines_portal.shared.prepared import Given, prepared
from pipelines_portal.web.attention import Decision, Waiting

from .access import HAS_REQUESTS, page_url
from .models import IS_AT_WORK, WAITS_FOR_KEY, Import, State

MOST = 3
NAMED = (
    "key_id", "workflow_id", "workflow_name", "file_name", "state", "lacks", "worker", "changed_at",
    "owner__name", "owner__email",
)  # fmt: skip
STOPPED = Q(state__in=[State.UNCERTAIN, State.PAUSED])
LACKS_A_KEY = IS_AT_WORK & WAITS_FOR_KEY
# Of what stopped, of what is to be matched, and of what lacks its encryption key.
PLACE = Window(
    RowNumber(),
    partition_by=Case(When(state=State.MATCHING, then=1), When(LACKS_A_KEY, then=2), default=0),
    order_by=F("changed_at").desc(),
)
# The most pressing first.
SENTENCES = {
    State.UNCERTAIN: "Nobody knows what came of one of its requests, so nothing more of it is sent.",
    "lacks a key": "An encryption key is missing, and nothing more of it is done until that is back.",
    State.PAUSED: "It is paused. What was not sent waits.",
    State.MATCHING: "Its columns are still to be matched. Nothing of it was sent.",
}
ACTIONS = {State.UNCERTAIN: ("Look and decide", "unknown"), "lacks a key": ("See what can be done", "failed")}


def waiting_imports(sender: object, user: User, **more: Any) -> Waiting | None:
    """What stopped on the way, of all that they may see; what is still to be matched, of their own."""
    return Waiting(_waiting.asked(user=user.pk), partial(_decisions, user)) if user.may_send else None


@prepared(user=BigIntegerField())
def _waiting(user: Given) -> QuerySet[Import]:
    waits = STOPPED | LACKS_A_KEY | Q(state=State.MATCHING, owner=user)
    waiting = Import.objects.visible_to(user).filter(waits).select_related("owner")
    return waiting.only(*NAMED).annotate(place=PLACE, has_requests=HAS_REQUESTS).filter(place__lte=MOST)


def _decisions(user: User, found: list[Import]) -> list[Decision]:
    """The newest of each kind first, as they were read."""
    return [_decision(user, of) for of in sorted(found, key=lambda of: list(SENTENCES).index(_kind(of)))]


def _kind(of: Import) -> str:
    return "lacks a key" if of.waits_for_key else of.state


def _decision(user: User, of: Import) -> Decision:
    kind = _kind(of)
    whose = "" if of.owner_id == user.pk else f"Its owner is {of.owner}. "
    title = f"The import {of.label} {'stopped' if kind == State.UNCERTAIN else 'waits'}"
    action, tone = ACTIONS.get(kind, ("Go on with it", "info"))
    return Decision(title, f"{whose}{SENTENCES[kind]}", action, page_url(of), tone)
