"""Imports that wait until a person goes on with them, for Home."""

from typing import Any

from django.db.models import Q

from pipelines_portal.accounts.models import User
from pipelines_portal.core.attention import Decision
from pipelines_portal.entry.imports.access import HAS_REQUESTS, NOT_READ, page_url
from pipelines_portal.entry.models import Import, State

MOST, MOST_READ = 6, 50
STOPPED = Q(state__in=[State.UNCERTAIN, State.PAUSED])
# The most pressing first.
SENTENCES = {
    State.UNCERTAIN: "Nobody knows what came of one of its requests, so nothing more of it is sent.",
    State.PAUSED: "It is paused. What was not sent waits.",
    State.MATCHING: "Its columns are still to be matched. Nothing of it was sent.",
}


def waiting_imports(sender: object, user: User, **more: Any) -> list[Decision]:
    """What stopped on the way, of all that they may see; what is still to be matched, of their own."""
    if not user.may_send:
        return []
    visible = (
        Import.objects.visible_to(user).select_related("owner").defer(*NOT_READ).annotate(has_requests=HAS_REQUESTS)
    )
    found = visible.filter(STOPPED | Q(state=State.MATCHING, owner=user))[:MOST_READ]
    by_urgency = sorted(found, key=lambda of: list(SENTENCES).index(State(of.state)))
    return [_decision(user, of) for of in by_urgency[:MOST]]


def _decision(user: User, of: Import) -> Decision:
    whose = "" if of.owner_id == user.pk else f"Its owner is {of.owner}. "
    is_uncertain = of.state == State.UNCERTAIN
    title = f"The import {of.label} {'stopped' if is_uncertain else 'waits'}"
    action, tone = ("Look and decide", "unconfirmed") if is_uncertain else ("Go on with it", "info")
    return Decision(title, f"{whose}{SENTENCES[State(of.state)]}", action, page_url(of), tone)
