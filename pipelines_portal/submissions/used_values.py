"""Where a value that is used once was used before, and the values of rows that were sent before a rule was there."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.core import times
from pipelines_portal.submissions.models import FieldValue, RecordedField, Submission, SubmissionRow
from pipelines_portal.submissions.models.field_value import values_of_rows
from pipelines_portal.submissions.signals import earlier_values_recorded
from pipelines_portal.workflows.rules.once import Use, UsedValue, once_rules
from pipelines_portal.workflows.rules.stored import rules_for

VALUES_PER_QUERY = 500
# A process that read the rules before the new one has sent its rows by then.
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT_MS = 500
# Recorded in one transaction. A larger submission has one of its own.
MOST_SUBMISSIONS, MOST_ROWS = 100, 2_000


def find_uses(
    key_id: int | None,
    workflow_id: int,
    values: Collection[UsedValue],
    visible: QuerySet[Submission],
    *,
    group: UUID | None = None,
    tokens: Collection[UUID] = (),
) -> dict[UsedValue, Use]:
    """Return those of the values that were used, and where, as far as a submission is `visible`.

    Rows of the import `group` are named by their numbers. Submissions with one of the `tokens` do not count.
    """
    wanted, uses = sorted(set(values)), dict[UsedValue, Use]()
    for start in range(0, len(wanted), VALUES_PER_QUERY):
        found = query_uses(key_id, workflow_id, wanted[start : start + VALUES_PER_QUERY], visible)
        uses |= read_uses(found, group=group, tokens=tokens)
    return uses


def query_uses(
    key_id: int | None, workflow_id: int, values: Collection[UsedValue], visible: QuerySet[Submission]
) -> QuerySet[FieldValue, tuple[Any, ...]]:
    """Return the query of `find_uses`, for `read_uses`."""
    is_visible = Exists(visible.order_by().filter(pk=OuterRef("row__submission")))
    found = FieldValue.objects.at(key_id, workflow_id, values).used().annotate(is_visible=is_visible)
    return found.order_by().values_list(
        "field", "digest", "row__number", "is_visible", "had_to_be_free", "row_id", "row__submission__token",
        "row__task_id", "row__submission__group", "row__submission__sent_at", "row__submission__owner__name",
        "row__submission__owner__email",
    )  # fmt: skip


def read_uses(
    found: Iterable[tuple[Any, ...]], *, group: UUID | None = None, tokens: Collection[UUID] = ()
) -> dict[UsedValue, Use]:
    uses: dict[UsedValue, Use] = {}
    # The last one with a value has it: a corrected copy is newer than its task.
    in_order = sorted((columns for columns in found if columns[6] not in tokens), key=lambda columns: columns[4:6])
    for field, digest, number, is_visible, _, _, _, task, of, sent_at, name, email in in_order:
        if group and of == group and number:
            uses[field, digest] = Use(number, corrected_task=task)
        elif is_visible:
            uses[field, digest] = Use(0, task, _sent(name or email, sent_at, task), task)
        else:
            uses[field, digest] = Use(corrected_task=task)
    return uses


def _sent(by: str, at: datetime | None, task: int | None) -> str:
    if at is None:
        return f"It waits to be sent by {by}."
    said = f"Sent by {by}, {times.local(at):%-d %b %Y}"
    return f"{said}." if task else f"{said}, and not confirmed yet."


def uses_for(
    user: User, key_id: int | None, workflow_id: int, values: Collection[UsedValue], tokens: Collection[UUID] = ()
) -> dict[UsedValue, Use]:
    """Return where the values were used, as far as the user may know. See `find_uses`."""
    return find_uses(key_id, workflow_id, values, Submission.objects.visible_to(user), tokens=tokens)


def record_earlier() -> bool:
    """Record the values of some rows that were sent before their rule was there. Return whether there may be more.

    After a rule was off, all rows are read again. When all are read, `earlier_values_recorded` is sent, and open rows
    are judged again.
    """
    due = RecordedField.objects.filter(done_at=None, since__lte=timezone.now() - FIRST_WAIT).order_by("since")
    if not due.exists():
        return False
    with transaction.atomic():
        if connection.vendor == "postgresql":  # nobody waits for it who holds what it waits for
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = {LONGEST_WAIT_MS}")
        field = due.select_for_update(skip_locked=True).first()
        if field is None:
            return False
        rules = [rule for rule in once_rules(rules_for(field.key_id, field.workflow_id)) if rule.field == field.field]
        submissions = _next_submissions(field) if rules else []
        if not submissions:
            field.done_at = timezone.now()
        else:
            ids = [submission.pk for submission in submissions]
            rows = SubmissionRow.objects.filter(submission__in=ids, fields__isnull=False).values_list("pk", "fields")
            sent = ((pk, fields or {}) for pk, fields in rows.order_by("pk"))
            FieldValue.objects.record(values_of_rows(field.key_id, field.workflow_id, rules, sent))
            field.last_created_at, field.last_submission = submissions[-1].created_at, ids[-1]
        field.save(update_fields=["done_at", "last_created_at", "last_submission"])
        if rules and field.done_at:
            place = {"key_id": field.key_id, "workflow_id": field.workflow_id}
            earlier_values_recorded.send(RecordedField, **place)
    return True


def _next_submissions(field: RecordedField) -> list[Submission]:
    """Return the next submissions, locked: rows of drafts are deleted before or afterwards.

    Those of after the rule, whose values are recorded, are among them: a clock that was set back tells none apart.
    """
    place = {"key": field.key_id, "workflow_id": field.workflow_id}
    found = Submission.objects.filter(**place).order_by("created_at", "pk")
    if field.last_created_at:
        same_time = Q(created_at=field.last_created_at, pk__gt=field.last_submission)
        found = found.filter(Q(created_at__gt=field.last_created_at) | same_time, created_at__gte=field.last_created_at)
    first: list[Submission] = []
    rows = 0
    for each in found.only("created_at", "row_count")[:MOST_SUBMISSIONS]:
        rows += each.row_count
        if first and rows > MOST_ROWS:
            break
        first.append(each)
    # In the order in which others lock several.
    ids = Submission.objects.filter(pk__in=[each.pk for each in first]).order_by("pk").select_for_update()
    list(ids.values_list("pk", flat=True))
    return first
