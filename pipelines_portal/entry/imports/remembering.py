"""How columns and words were matched last, for all who use the key: the next file of the kind needs no question."""

from datetime import date
from typing import Any

from django.utils import timezone

from pipelines_portal.api_client import Schema
from pipelines_portal.entry.imports.headers import REMEMBERED, Guess
from pipelines_portal.entry.imports.matching import Matching, folded
from pipelines_portal.entry.models import ImportJob, RememberedMatching

MOST_HEADERS, MOST_WORDS = 500, 500


def remembered_of(import_job: ImportJob) -> dict[str, Any]:
    """`columns` by folded header, each its field ("" for set aside) and since when; `words` by field; and the rest."""
    found = RememberedMatching.objects.filter(key=import_job.key_id, workflow_id=import_job.workflow_id).first()
    return found.data if found else {}


def remember(import_job: ImportJob, matching: Matching) -> None:
    """Over what was known before. Call in the transaction of the step that the matching belongs to."""
    found, _ = RememberedMatching.objects.select_for_update().get_or_create(
        key=import_job.key, workflow_id=import_job.workflow_id
    )
    today = timezone.now().date().isoformat()
    columns = found.data.get("columns", {})
    for column in matching.columns:
        if column.header and not column.how.startswith("added"):
            columns.pop(folded(column.header), None)
            columns[folded(column.header)] = {"field": column.field, "on": today}
    words = {name: found.data.get("words", {}).get(name, {}) | more for name, more in matching.words.items()}
    found.data = {
        "columns": _newest(columns, MOST_HEADERS),
        "words": found.data.get("words", {}) | {name: _newest(each, MOST_WORDS) for name, each in words.items()},
        "decimal": matching.decimal,
        "day_first": matching.day_first,
        "zone": matching.zone,
    }
    found.save()


def guesses_from(remembered: dict[str, Any], schema: Schema) -> dict[str, Guess]:
    """By folded header, for fields that are still there."""
    names = {known.name for known in schema.fields}
    columns = remembered.get("columns", {})
    return {
        header: Guess(column["field"], REMEMBERED, f"as remembered from {_day(column['on'])}")
        for header, column in columns.items()
        if column["field"] in names
    }


def was_set_aside(remembered: dict[str, Any], header: str) -> str:
    """Since when, in words; "" when it was not."""
    column = remembered.get("columns", {}).get(folded(header))
    return f"set aside, as remembered from {_day(column['on'])}" if column and not column["field"] else ""


def _newest(kept: dict[str, Any], most: int) -> dict[str, Any]:
    return dict(list(kept.items())[-most:])


def _day(on: str) -> str:
    day = date.fromisoformat(on)
    return f"{day.day} {day:%b}" if day.year == timezone.now().year else f"{day.day} {day:%b} {day.year}"
