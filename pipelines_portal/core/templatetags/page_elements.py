"""Template tags for notes and icons, available in all templates of both programs."""

from functools import lru_cache
from typing import Any

from django import template
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.forms.utils import flatatt
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

register = template.Library()

# The icon for each tone of a note: color alone must not carry the meaning.
TONE_ICONS = {
    "info": "info",
    "finished": "finished",
    "warning": "escalated",
    "failed": "failed",
    "unconfirmed": "unconfirmed",
}
MESSAGE_TONES = {constants.SUCCESS: "finished", constants.WARNING: "warning", constants.ERROR: "failed"}


@register.simple_tag
@lru_cache(maxsize=64)
def icon(name: str) -> SafeString:
    """Render a symbol of `_partials/symbols.html`. It is decorative: the text beside it says the same."""
    return render_to_string("_partials/icon.html", {"name": name})


@register.simple_block_tag
def note(content: str, tone: str, title: str = "", *, icon: str = "", **attributes: Any) -> SafeString:
    """Render a note with one of TONE_ICONS, its `title` in bold, and the content of the block.

    `attributes` become attributes of the element, with hyphens for underscores: `data_notice="late" hidden=True`.
    `focus=True` lets a script move the focus to the title.
    """
    focus = attributes.pop("focus", False)
    own = flatatt({name.replace("_", "-"): value for name, value in attributes.items()})
    context = {"tone": tone, "icon": icon or TONE_ICONS[tone], "title": title, "focus": focus}
    return render_to_string("_partials/note.html", context | {"attributes": own, "content": content})


@register.filter
def tone(message: Message) -> str:
    """Return the tone of a note for one of Django's messages."""
    return MESSAGE_TONES.get(message.level, "info")
