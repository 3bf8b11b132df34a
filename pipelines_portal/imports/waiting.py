"""Imports that stand until a person goes on with them, for Home."""

from typing import Any

from pipelines_portal.accounts.models import User
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.web.attention import Decision

from .access import page_url
from .models import Import, State

MOST = 3
SENTENCES = {
    State.UNCERTAIN: "Nobody knows what came of one of its requests, so nothing more of it is sent.",
    State.PAUSED: "It is paused. What was not sent waits.",
    State.MATCHING: "Its columns are still to be matched. Nothing of it was sent.",
}


def waiting_imports(sender: object, user: User, **more: Any) -> list[Decision]:
    """What stopped on the way, of all whose key they may use; what is still to be matched, of their own."""
    if not user.may_send:
        return []
    keys = SavedKey.objects.usable_by(user).values("pk")
    stopped = Import.objects.filter(key__in=keys, state__in=[State.UNCERTAIN, State.PAUSED])
    unmatched = Import.objects.filter(key__in=keys, state=State.MATCHING, owner=user)
    found = [of for imports in (stopped, unmatched) for of in imports.order_by("-changed_at")[:MOST]]
    return [_decision(of) for of in sorted(found, key=lambda of: of.state != State.UNCERTAIN)]


def _decision(of: Import) -> Decision:
    is_lost = of.state == State.UNCERTAIN
    title = f"The import {of.label} {'stopped' if is_lost else 'waits'}"
    action, tone = ("Look and decide", "unknown") if is_lost else ("Go on with it", "info")
    return Decision(title, SENTENCES[State(of.state)], action, page_url(of), tone)
