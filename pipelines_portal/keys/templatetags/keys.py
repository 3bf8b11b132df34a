"""Template tags that show the state of a key."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from pipelines_portal.accounts.models import User
from pipelines_portal.core.times import exact, local, machine
from pipelines_portal.keys import texts
from pipelines_portal.keys.expiry import due_reminder
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.states import KeyState

register = template.Library()

# Until then, the notice about the expiry is not a warning.
FAR_AWAY_DAYS = 7
# The tones of states in which nothing is to be done.
CALM = ("finished", "pending")


@register.simple_tag
def key_state(state: KeyState) -> SafeString:
    """Render the state's symbol, word and color. The same few states are in every row, so they are cached."""
    return _render_state(state.tone, state.word, state.shape)


@lru_cache(maxsize=64)
def _render_state(tone: str, word: str, shape: str) -> SafeString:
    return render_to_string(
        "_partials/status.html", {"status": tone, "word": word, "shape": shape, "is_calm": tone in CALM}
    )


@register.simple_tag
def expiry_day(value: datetime) -> SafeString:
    """Render the day on which a key expires, always with its year."""
    day = local(value)
    words = f"{day.day} {day:%b %Y}"
    return format_html('<time datetime="{}" title="{}">{}</time>', machine(value), exact(value), words)


@register.simple_tag(takes_context=True)
def key_banner(context: dict[str, Any], key: SavedKey) -> str:
    """Render the notices about a key, mostly none. An `error` on the page already says that the key is rejected."""
    user = context["user"]
    notices = _expiry_notice(key, user) if key.rejected_at is None else {}
    if key.rejected_at is not None and not context.get("error"):
        notices |= {
            "rejected": texts.advice_if_rejected(key, user),
            "rejected_title": f"Key “{key.name}” was rejected",
            "rejected_since": texts.rejected_since(key, timezone.now()),
        }
    if key.creator_gone_at is not None:
        notices["creator_gone"] = texts.advice_without_creator(key, user)
    values = {"key": key, "can_replace": key.can_be_replaced_by(user), "csrf_token": context.get("csrf_token")}
    return render_to_string("keys/_banner.html", values | notices) if notices else ""


def _expiry_notice(key: SavedKey, user: User) -> dict[str, str]:
    days = key.days_left()
    reminder = due_reminder(days)
    if days is None or reminder is None or key.expires_at is None:
        return {}
    if key.is_accepted_after_expiry:
        return (
            {"wrong_date": "Pipelines still accepts this key. Correct the expiry date."}
            if key.can_be_replaced_by(user)
            else {}
        )
    if reminder > FAR_AWAY_DAYS and not key.can_be_replaced_by(user):
        return {}
    day = texts.day_of(local(key.expires_at).date())
    notice = {"ending": texts.expires(days, day), "tone": "info" if reminder > FAR_AWAY_DAYS else "warning"}
    if days >= 0:
        notice["ending_advice"] = texts.advice_before_expiry(key, user, day)
    return notice
