"""What pages of a key say about it."""

from datetime import UTC
from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.state.advice import advice_when_rejected, advice_without_creator
from pipelines_portal.keys.state.expiry import days_left, step_of
from pipelines_portal.keys.state.states import State, in_days

register = template.Library()


@register.simple_tag
def key_state(state: State) -> SafeString:
    """Its shape, word and colour. The same few stand in every row."""
    return _key_state(state.tone, state.word, state.shape)


@lru_cache(maxsize=64)
def _key_state(tone: str, word: str, shape: str) -> SafeString:
    return render_to_string("_partials/status.html", {"status": tone, "word": word, "shape": shape})


@register.simple_tag(takes_context=True)
def key_banner(context: dict[str, Any], key: SavedKey) -> str:
    """Nothing, mostly. Where the page tells of an `error`, that says what there is to say of a rejected key."""
    is_own, shown = key.owner_id == context["user"].pk, _ending(key)
    if key.rejected_at is not None and not context.get("error"):
        shown |= {"rejected": advice_when_rejected(key, is_own), "rejected_title": f"“{key.name}” is rejected"}
    if key.creator_gone_at is not None:
        shown["creator_gone"] = advice_without_creator(key, is_own)
    place = {"key": key, "is_own": is_own, "csrf_token": context.get("csrf_token")}
    return render_to_string("keys/_banner.html", place | shown) if shown else ""


def _ending(key: SavedKey) -> dict[str, str]:
    days = days_left(key)
    step = step_of(days)
    if days is None or step is None or key.expires_at is None:
        return {}
    day = f"{key.expires_at.astimezone(UTC):%d %B %Y}".lstrip("0")
    if days < 0:
        return {"ending": f"This key should have expired on {day}, as was said here", "tone": "warning"}
    return {"ending": f"This key expires {in_days(days)}, on {day}", "tone": "info" if step > 7 else "warning"}
