"""Suggestions while typing: a person's own earlier values of a field, counted from what became tasks.

The worker counts, so that nobody waits for it. A value is suggested for 90 days after it was sent last, and is deleted
no later than the values of its submissions.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Schema
from pipelines_portal.core.housekeeping import delete_in_batches
from pipelines_portal.core.unicode_forms import fold
from pipelines_portal.submissions.models import (
    LONGEST_FIELD,
    LONGEST_VALUE,
    Submission,
    SubmissionRow,
    TypedCount,
)
from pipelines_portal.submissions.statuses import FINAL, RowStatus
from pipelines_portal.workflows.fields.rule_kinds import Kind
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.lists import FEWEST_LETTERS
from pipelines_portal.workflows.models import FieldTitles, OpenedWorkflow, WorkflowNote
from pipelines_portal.workflows.rules.stored import WorkflowRule

SUGGESTED_FOR = timedelta(days=90)
MOST_SUGGESTED = 6
# Without JavaScript, in the whole list of a field.
MOST_LISTED = 30
# Of a field, so that few are read for two letters. The rarest are deleted first, of these the oldest.
MOST_VALUES = 5_000
# Counted in one transaction. Of a larger submission, which nobody typed, the first rows count.
MOST_SUBMISSIONS, MOST_ROWS = 100, 2_000
# Above every byte of a text in UTF-8.
LAST_BYTE = b"\xff"
_TABLE = TypedCount._meta.db_table
_ADD = f"""
    INSERT INTO {_TABLE} (person_id, key_id, workflow_id, field, folded, value, count, last_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (person_id, key_id, workflow_id, field, folded, value) DO UPDATE SET
        count = {_TABLE}.count + excluded.count,
        last_at = CASE WHEN excluded.last_at > {_TABLE}.last_at THEN excluded.last_at ELSE {_TABLE}.last_at END
"""  # noqa: S608 - names of our own table
# Person, key and workflow.
Place = tuple[int, int, int]


def suggested_values(person: User, workflow: OpenedWorkflow, field: str, typed: str) -> list[tuple[str, int]]:
    """Return the person's values that begin with what was typed, with how often they were sent, most frequent first."""
    beginning = _fold(typed)
    if len(beginning.decode().strip()) < FEWEST_LETTERS or not person.has_suggestions:
        return []
    found = _counts_of(person, workflow).filter(field=field, folded__gte=beginning, folded__lt=beginning + LAST_BYTE)
    return list(found.values_list("value", "count")[:MOST_SUGGESTED])


def listed_values(person: User, workflow: OpenedWorkflow) -> dict[str, list[str]]:
    """Return the person's most frequent values of each field, for pages without JavaScript."""
    if not person.has_suggestions:
        return {}
    place_in_field = Window(RowNumber(), partition_by="field", order_by=["-count", "-last_at", "pk"])
    found = _counts_of(person, workflow).annotate(place=place_in_field).filter(place__lte=MOST_LISTED)
    lists: dict[str, list[str]] = {}
    for field, value in found.values_list("field", "value"):
        lists.setdefault(field, []).append(value)
    return lists


def _counts_of(person: User, workflow: OpenedWorkflow) -> Any:
    """Return those of fields that have suggestions, as people decided, and whose values may be used again."""
    place = {"key": workflow.key_id, "workflow_id": workflow.workflow_id}
    notes = WorkflowNote.objects.filter(**place, has_suggestions=False, field=OuterRef("field"))
    used_once = WorkflowRule.objects.filter(**place, kind=Kind.ONCE, is_on=True, field=OuterRef("field"))
    counts = TypedCount.objects.filter(**place, person=person, last_at__gte=_oldest())
    return counts.filter(~Exists(notes), ~Exists(used_once))


def _fold(text: str) -> bytes:
    return fold(text.lstrip())[:LONGEST_VALUE].encode()


def _oldest() -> datetime:
    """Return the time before which nothing is suggested."""
    return timezone.now() - min(SUGGESTED_FOR, timedelta(days=settings.SUBMISSION_RETENTION_DAYS))


def count_values() -> bool:
    """Count the values of some submissions that nobody has counted, the newest first. Return whether there were any."""
    waiting = Submission.objects.filter(
        values_counted_at=None, finished_at__gte=_oldest(), status__in=FINAL, key__isnull=False
    ).order_by("-finished_at")
    if not waiting.exists():
        return False
    with transaction.atomic():
        locked = waiting.select_for_update(skip_locked=True, of=("self",))
        submissions = _first_rows(
            locked.only("owner", "key", "workflow_id", "row_count", "finished_at")[:MOST_SUBMISSIONS]
        )
        _add(_counts_in(submissions))
        Submission.objects.filter(pk__in=[each.pk for each in submissions]).update(values_counted_at=timezone.now())
        for place in {_place_of(each) for each in submissions}:
            _delete_rarest(*place)
    return True


def _first_rows(submissions: Iterable[Submission]) -> list[Submission]:
    """Return the first of the submissions that have at most MOST_ROWS rows together, and at least one."""
    first: list[Submission] = []
    rows = 0
    for each in submissions:
        rows += each.row_count
        if first and rows > MOST_ROWS:
            break
        first.append(each)
    return first


def _place_of(submission: Submission) -> Place:
    return submission.owner_id, submission.key_id or 0, submission.workflow_id


def _counts_in(submissions: list[Submission]) -> dict[tuple[Place, str, str], tuple[int, datetime]]:
    """Count the created rows of the submissions by place, field and value."""
    by_id, suggested = {each.pk: each for each in submissions}, _suggested_fields(submissions)
    rows = SubmissionRow.objects.filter(
        submission__in=by_id, status=RowStatus.CREATED, fields__isnull=False, index__lt=MOST_ROWS
    )
    counts: dict[tuple[Place, str, str], tuple[int, datetime]] = {}
    for pk, fields in rows.order_by().values_list("submission", "fields"):
        place, finished_at = _place_of(by_id[pk]), by_id[pk].finished_at or timezone.now()
        names = suggested.get(place[1:])
        for name, value in (fields or {}).items():
            if (names is None or name in names) and _may_be_suggested(name, value):
                count, last_at = counts.get((place, name, value), (0, finished_at))
                counts[place, name, value] = count + 1, max(last_at, finished_at)
    return counts


def _suggested_fields(submissions: list[Submission]) -> dict[tuple[int, int], set[str]]:
    """Return the fields that have suggestions by key and workflow, if its schema was read before."""
    places = {_place_of(each)[1:] for each in submissions}
    known = FieldTitles.objects.filter(
        workflow__key__in=[key for key, _ in places],
        workflow__workflow_id__in=[number for _, number in places],
        schema__isnull=False,
    )
    return {
        (key, workflow_id): {
            field.name for field in Schema.model_validate(schema).fields if type_of(field).has_suggestions
        }
        for key, workflow_id, schema in known.values_list("workflow__key", "workflow__workflow_id", "schema")
    }


def _may_be_suggested(field: str, value: Any) -> bool:
    is_short = isinstance(value, str) and FEWEST_LETTERS < len(value) <= LONGEST_VALUE
    return is_short and "\n" not in value and len(field) <= LONGEST_FIELD and bool(fold(value).strip())


def _add(counts: dict[tuple[Place, str, str], tuple[int, datetime]]) -> None:
    adapt = connection.ops.adapt_datetimefield_value
    rows = [
        (*place, field, _fold(value), value, count, adapt(last_at))
        for (place, field, value), (count, last_at) in sorted(counts.items())  # two workers lock them in the same order
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(_ADD, rows)


def _delete_rarest(person: int, key: int, workflow_id: int) -> None:
    """Delete what a field has beyond MOST_VALUES, such as order numbers."""
    of_place = TypedCount.objects.filter(person=person, key=key, workflow_id=workflow_id).order_by()
    too_many = of_place.values("field").annotate(number=Count("pk")).filter(number__gt=MOST_VALUES)
    for field, number in too_many.values_list("field", "number"):
        rarest = of_place.filter(field=field).order_by("count", "last_at", "pk")[: number - MOST_VALUES]
        TypedCount.objects.filter(pk__in=list(rarest.values_list("pk", flat=True))).delete()


def delete_old_counts() -> int:
    """Delete values that were not sent for 90 days, or for as long as values are stored. Return how many."""
    return delete_in_batches(TypedCount.objects.filter(last_at__lt=_oldest()))
