"""How columns were matched last with a key and workflow."""

from typing import Any

from django.utils import timezone

from pipelines_portal.entry.models import RememberedMatching, Sheet
from pipelines_portal.matching.columns import OWN, Matching
from pipelines_portal.workflows.fields.reading.plain_words import folded
from pipelines_portal.workflows.models import OpenedWorkflow

MOST_HEADERS = 500


def read_remembered(place: Sheet | OpenedWorkflow) -> dict[str, Any]:
    """Return what was matched last with this key and workflow, as `remember` stores it."""
    found = RememberedMatching.objects.filter(key=place.key_id, workflow_id=place.workflow_id).first()
    return found.data if found else {}


def zone_of_file(workflow: OpenedWorkflow, possible: list[str]) -> str:
    """Return the time zone of the times of a new file, or "" if the person has to say it, which is remembered."""
    if len(possible) == 1:
        return possible[0]
    answered = str(read_remembered(workflow).get("zone", ""))
    return answered if answered in possible or not possible else ""


def remember(sheet: Sheet, matching: Matching) -> None:
    """Store a matching for the next file. Call in the transaction of the step that settles it.

    `columns` holds for each folded header its field, empty if it is not imported, and the date.
    """
    found, _ = RememberedMatching.objects.select_for_update().get_or_create(
        key=sheet.key, workflow_id=sheet.workflow_id
    )
    today = timezone.now().date().isoformat()
    columns = found.data.get("columns", {})
    for column in matching.columns:
        if column.header and column.how != OWN:
            columns.pop(folded(column.header), None)
            columns[folded(column.header)] = {"field": column.field, "on": today}
    notation = {
        "decimal": matching.decimal,
        "day_first": matching.day_first,
        "zone": matching.zone,
        "serials": matching.serials,
    }
    known = {name: value for name, value in notation.items() if value not in ("", None)}
    found.data = found.data | {"columns": dict(list(columns.items())[-MOST_HEADERS:])} | known
    found.save()
