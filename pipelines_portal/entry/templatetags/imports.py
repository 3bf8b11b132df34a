"""The status of an import as a shape, a word and a colour."""

from typing import Any
from uuid import UUID

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.imports.lists import LARGE_COLUMNS, count_unfinished
from pipelines_portal.entry.models import Sheet
from pipelines_portal.entry.statuses import RowCounts, look_of
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.statuses import Look

register = template.Library()
MOST_WAITING = 3


@register.simple_tag
def import_status(sheet: Sheet, counts: RowCounts, wait: str = "") -> SafeString:
    """Render the status. `wait` is the number of seconds that the sending waits, if it does."""
    return render_to_string("_partials/status.html", _look(sheet, counts, wait)._asdict())


@register.simple_tag
def import_status_word(sheet: Sheet, counts: RowCounts, wait: str = "") -> str:
    """Return the word for the status, for the title of a page."""
    return _look(sheet, counts, wait).word


@register.filter
def of(numbers: dict[UUID, int], import_id: UUID) -> int:
    """Return the number of an import, or 0."""
    return numbers.get(import_id, 0)


@register.simple_tag
def unfinished_imports(person: User) -> int:
    """Return the number of imports that are left unfinished if the person leaves."""
    return count_unfinished(person)


@register.simple_tag(takes_context=True)
def waiting_rows(context: dict[str, Any], key_id: int | str, workflow_id: int | str) -> list[Sheet]:
    """Return the person's sheets with rows that wait until Pipelines responds. Without a workflow there are none."""
    person = context.get("user")
    if not (key_id and workflow_id and person and person.is_authenticated):
        return []
    place = {"owner": person, "key": key_id, "workflow_id": workflow_id}
    waiting = Sheet.objects.filter(**place, status=Sheet.Status.SENDING, away_since__isnull=False)
    return list(waiting.defer(*LARGE_COLUMNS)[:MOST_WAITING])


@register.simple_tag(takes_context=True)
def import_of(context: dict[str, Any], submission: Submission) -> Sheet | None:
    """Return the import that sent a submission, if the person may see it."""
    if submission.group is None:
        return None
    visible = Sheet.objects.visible_to(context["user"]).only("pk", "key_id", "workflow_id")
    return visible.filter(pk=submission.group).first()


def _look(sheet: Sheet, counts: RowCounts, wait: str) -> Look:
    if sheet.status == Sheet.Status.SENDING and wait:
        return Look("warning", "escalated", "Waiting")
    return look_of(sheet.status, counts)
