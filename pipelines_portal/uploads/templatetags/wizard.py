"""Tags for parts of step 2 that are shown only in some of its states."""

from typing import Any

from django import template
from django.forms.utils import flatatt
from django.utils.safestring import SafeString

from pipelines_portal.core.templatetags import page_elements
from pipelines_portal.uploads.page_states import State

register = template.Library()


@register.simple_tag
def shown_in(states: str) -> SafeString:
    """Return the attributes of an element that is shown in `states`, such as `"ready needs-file"`."""
    return flatatt(_attributes(_parse(states)))


@register.simple_block_tag
def state_note(content: str, states: str, tone: str, title: str = "", *, icon: str = "") -> SafeString:
    """Render a note that is shown in `states`. Its title gets the focus when it appears."""
    return page_elements.note(content, tone, title, icon=icon, focus=bool(title), **_attributes(_parse(states)))


def _parse(states: str) -> list[State]:
    return [State(name) for name in states.split()]


def _attributes(states: list[State]) -> dict[str, Any]:
    return {"data-when": " ".join(states), "hidden": State.OPENING not in states}
