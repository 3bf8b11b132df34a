"""Tags for the parts of step 2 that are shown in some of its states and hidden in all others."""

from typing import Any

from django import template
from django.forms.utils import flatatt
from django.utils.safestring import SafeString

from pipelines_portal.core import page_elements
from pipelines_portal.uploads.wizard_states import State

register = template.Library()


@register.simple_tag
def shown_in(states: str) -> SafeString:
    """The attributes of an element that belongs to `states`, given by their values: `"ready needs-file"`."""
    return flatatt(_attributes(_named(states)))


@register.simple_tag
def hidden_in(states: str) -> SafeString:
    """The attributes of an element that belongs to all states but these."""
    excepted = _named(states)
    return flatatt(_attributes([state for state in State if state not in excepted]))


@register.simple_block_tag
def state_note(content: str, states: str, tone: str, title: str = "", *, icon: str = "") -> SafeString:
    """A note that belongs to `states`; its title takes the focus when it appears."""
    return page_elements.note(content, tone, title, icon=icon, focus=bool(title), **_attributes(_named(states)))


def _named(states: str) -> list[State]:
    return [State(name) for name in states.split()]


def _attributes(states: list[State]) -> dict[str, Any]:
    return {"data-when": " ".join(states), "hidden": State.OPENING not in states}
