"""States of an import as shape, word and colour."""

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from pipelines_portal.imports.counts import Counts
from pipelines_portal.imports.models import Import, State

register = template.Library()

# Status (a colour) and shape.
_LOOKS = {
    State.READING: ("sending", "in_progress"),
    State.UNREADABLE: ("rejected", "failed"),
    State.MATCHING: ("draft", "pending"),
    State.CHECKING: ("sending", "in_progress"),
    State.CHECKED: ("draft", "pending"),
    State.SENDING: ("sending", "in_progress"),
    State.PAUSED: ("partly", "paused"),
    State.UNCERTAIN: ("unknown", "quarantined"),
}


@register.simple_tag
def import_state(of: Import, counts: Counts | None = None) -> SafeString:
    """As a pill. With `counts`, one that has nothing left to send is said to be done."""
    status, shape = _LOOKS[State(of.state)]
    word = of.get_state_display()
    if of.state == State.CHECKED and counts and counts.created and not counts.not_sent:
        is_whole = counts.created == counts.total
        status, shape, word = ("done", "finished", "Done") if is_whole else ("partly", "escalated", "Partly done")
    return render_to_string("_partials/status.html", {"status": status, "shape": shape, "word": word, "pill": True})
