"""Tags for the elements that the pages of both programs are made of: notes and icons. Loaded everywhere."""

from functools import lru_cache
from typing import Any

from django import template
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.forms.utils import flatatt
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

register = template.Library()

# What a note tells, and the symbol it does so with: never by colour alone.
TONE_ICONS = {
    "info": "in_progress",
    "finished": "finished",
    "warning": "escalated",
    "failed": "failed",
    "unconfirmed": "quarantined",
}
MESSAGE_TONES = {constants.SUCCESS: "finished", constants.WARNING: "warning", constants.ERROR: "failed"}


@register.simple_tag
@lru_cache(maxsize=64)
def icon(name: str) -> SafeString:
    """A symbol of `_partials/symbols.html`, for the eye only: the words beside it say the same."""
    return render_to_string("_partials/icon.html", {"name": name})


@register.simple_block_tag
def note(content: str, tone: str, title: str = "", *, icon: str = "", **attributes: Any) -> SafeString:
    """A note: one of TONE_ICONS, its `title` in bold, then the block's own elements.

    `attributes` become the element's own, with hyphens for underscores: `data_notice="late" hidden=True`.
    `focus=True` lets a script put the reader at the title.
    """
    focus = attributes.pop("focus", False)
    own = flatatt({name.replace("_", "-"): value for name, value in attributes.items()})
    context = {"tone": tone, "icon": icon or TONE_ICONS[tone], "title": title, "focus": focus}
    return render_to_string("_partials/note.html", context | {"attributes": own, "content": content})


@register.filter
def tone(message: Message) -> str:
    """The tone of a note that tells a message of Django's."""
    return MESSAGE_TONES.get(message.level, "info")
