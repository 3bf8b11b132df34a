"""Template tags that show the state of a key."""

from datetime import UTC
from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from pipelines_portal.keys.expiry import due_reminder, in_days
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.states import State
from pipelines_portal.keys.texts import advice_if_rejected, advice_without_creator

register = template.Library()


@register.simple_tag
def key_state(state: State) -> SafeString:
    """Render the state's symbol, word and color. The same few states are in every row, so they are cached."""
    return _render_state(state.tone, state.word, state.shape)


@lru_cache(maxsize=64)
def _render_state(tone: str, word: str, shape: str) -> SafeString:
    return render_to_string("_partials/status.html", {"status": tone, "word": word, "shape": shape})


@register.simple_tag(takes_context=True)
def key_banner(context: dict[str, Any], key: SavedKey) -> str:
    """Render the notices about a key, mostly none. An `error` on the page already says that the key is rejected."""
    is_own, notices = key.owner_id == context["user"].pk, _expiry_notice(key)
    if key.rejected_at is not None and not context.get("error"):
        notices |= {"rejected": advice_if_rejected(key, is_own), "rejected_title": f"“{key.name}” is rejected"}
    if key.creator_gone_at is not None:
        notices["creator_gone"] = advice_without_creator(key, is_own)
    values = {"key": key, "is_own": is_own, "csrf_token": context.get("csrf_token")}
    return render_to_string("keys/_banner.html", values | notices) if notices else ""


def _expiry_notice(key: SavedKey) -> dict[str, str]:
    days = key.days_left()
    reminder = due_reminder(days)
    if days is None or reminder is None or key.expires_at is None:
        return {}
    day = f"{key.expires_at.astimezone(UTC):%d %B %Y}".lstrip("0")
    if days < 0:
        return {"ending": f"This key should have expired on {day}, as was said here", "tone": "warning"}
    return {"ending": f"This key expires {in_days(days)}, on {day}", "tone": "info" if reminder > 7 else "warning"}
