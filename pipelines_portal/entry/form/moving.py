"""Moving an item of a ranking by a button that posts the form."""

from django.http import QueryDict

from pipelines_portal.workflows.fields.rankings import SENT, moved

STEPS = {"up": -1, "down": 1}


def with_move(posted: QueryDict) -> QueryDict:
    """As posted, with the item moved that its button `move` names: `<input>:<number>:up`."""
    name, number, way = (posted.get("move", "").rsplit(":", 2) + ["", "", ""])[:3]
    if way not in STEPS or not number.isdecimal() or len(number) > 4:
        return posted
    changed = posted.copy()
    changed.setlist(name, moved(posted.getlist(name), int(number) - 1, STEPS[way]))
    changed[SENT + name] = "1"
    return changed
