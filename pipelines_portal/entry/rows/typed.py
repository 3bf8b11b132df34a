"""The rows that a person types in the grid of a workflow: an import without a file.

One of each person and workflow has no name: it is where they go on typing. It is called after its day, and a new one
begun, on another day, or after its created rows were cleared, if no row of it is left. The others have the names under
which they were put aside.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Schema
from pipelines_portal.core import times
from pipelines_portal.entry import texts
from pipelines_portal.entry.import_requests import ReadDifferently, check_again, next_submission
from pipelines_portal.entry.models import MOST_SENT_AT_ONCE, Row, Sheet, Sheets
from pipelines_portal.entry.models.sheet import drafts
from pipelines_portal.entry.rows.checking import check_all
from pipelines_portal.entry.rows.fixing import CannotChange
from pipelines_portal.entry.rows.schema_changes import changes_between
from pipelines_portal.entry.statuses import STILL, SheetStep
from pipelines_portal.keys.permissions import teams_through
from pipelines_portal.matching.columns import AS_TYPED, NO_HEADER, Column, Matching
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.sent_rows import lock_comparison
from pipelines_portal.web.time_budget import TimeBudget
from pipelines_portal.workflows.models import OpenedWorkflow

# Of the digest of a row's values, so much tells whether the page shows them.
SHOWN_DIGEST = 12
MOST_NAMED, LONGEST_NAME = 20, 100


def current_typed(user: User, workflow: OpenedWorkflow) -> Sheet | None:
    """Return the import of the rows that the person is typing, or None if a new one is to be started."""
    unnamed = _unnamed(user, workflow)
    return None if unnamed is None or _is_over(unnamed) else unnamed


def _unnamed(user: User, workflow: OpenedWorkflow) -> Sheet | None:
    return typed_imports(user, workflow).filter(name="").exclude(status=Sheet.Status.DELETED).first()


def deleted_typed(user: User, workflow: OpenedWorkflow) -> Sheet | None:
    """Return the import of typed rows that the person deleted today, if none has begun since: they can undo that."""
    last = typed_imports(user, workflow).filter(name="").order_by("-created_at").first()
    is_deleted = last is not None and last.status == Sheet.Status.DELETED and last.deleted_by_id == user.pk
    return last if is_deleted and last and last.deleted_at and last.deleted_at >= _midnight() else None


def get_or_start_typed(user: User, workflow: OpenedWorkflow, schema: Schema) -> Sheet:
    """Return the current import of typed rows, or create one."""
    with transaction.atomic():
        # Two pages that start one at the same time get the same.
        User.objects.select_for_update().get(pk=user.pk)
        if unnamed := _unnamed(user, workflow):
            if not _is_over(unnamed):
                return unnamed
            Sheet.objects.filter(pk=unnamed.pk).update(name=unnamed.usual_name)
        sheet = Sheet.objects.create(
            owner=user,
            key=workflow.key,
            workflow_id=workflow.workflow_id,
            workflow_name=workflow.name,
            file_name=texts.TYPED_ROWS,
            size_bytes=0,
            status=Sheet.Status.CHECKED,
            schema=schema.model_dump(mode="json"),
            matching=_matching(schema).dump(),
        )
        sheet.teams.set(teams_through(user, workflow.key))
    return sheet


def named_sheets(user: User, workflow: OpenedWorkflow) -> list[Sheet]:
    """Return the typed rows with a name of which some are left, by name."""
    named = typed_imports(user, workflow).exclude(name="").filter(drafts())
    return list(named.defer("schema", "matching").order_by("name", "pk")[:MOST_NAMED])


def give_name(sheet: Sheet, user: User, workflow: OpenedWorkflow, name: str) -> None:
    """Keep typed rows under a name, or their usual one, beside others that are typed next. Raise CannotChange."""
    name = " ".join(name.split())[:LONGEST_NAME]
    if not sheet.counts_as_read.total:
        raise CannotChange("There are no rows to put aside.")
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        others = [each for each in named_sheets(user, workflow) if each.pk != sheet.pk]
        if name in {each.name for each in others}:
            raise CannotChange(f"You have a draft called “{name}” already. Choose another name.")
        if len(others) >= MOST_NAMED:
            raise CannotChange(f"You have {MOST_NAMED} drafts here. Create or delete one first.")
        still = Sheet.objects.filter(pk=sheet.pk, status__in=STILL)
        if not still.update(name=name or sheet.usual_name, changed_at=timezone.now()):
            raise CannotChange("Rows are being created or checked. Try again in a moment.")


def follow_schema(sheet: Sheet, schema: Schema) -> None:
    """Check the rows again if the workflow's fields have changed and no row is being sent."""
    if sheet.schema == schema.model_dump(mode="json"):
        return
    values = {
        "schema": schema.model_dump(mode="json"),
        "schema_changes": changes_between(sheet.parsed_schema, schema),
        "matching": _matching(schema).dump(),
    }
    is_still = Q(status__in=STILL)
    if sheet.take_step(SheetStep.RECHECK, Sheet.Status.CHECKING, is_still, **values) and sheet.take_lease():
        check_all(sheet, TimeBudget())


def follow_zone(sheet: Sheet) -> None:
    """Read what is open, such as a time that came twice, in the zone in which the person types now.

    All other times became times in UTC when they were typed.
    """
    zone = times.name_of(timezone.get_current_timezone())
    if sheet.matching.get("zone") != zone:
        sheet.matching = sheet.matching | {"zone": zone}
        Sheet.objects.filter(pk=sheet.pk).update(matching=sheet.matching)


def add_rows(sheet: Sheet, numbers: list[int]) -> None:
    """Create those of the rows that do not exist, without texts."""
    rows = [Row(sheet=sheet, number=number, cells=[]) for number in numbers]
    Row.objects.bulk_create(rows, ignore_conflicts=True)


def last_number(sheet: Sheet | None) -> int:
    return sheet.lines.aggregate(last=Max("number"))["last"] or 0 if sheet else 0


def next_number(sheet: Sheet | None) -> int:
    """Return the number of the empty row of the grid. It reuses the numbers of emptied rows at the end."""
    if sheet is None:
        return 1
    return int(sheet.rows.aggregate(last=Max("number"))["last"] or 0) + 1


def shown_rows(sheet: Sheet) -> QuerySet[Row]:
    """Select the rows that the grid shows: all but empty ones, and those created before today or cleared."""
    return sheet.rows.filter(_is_shown(sheet))


def count_shown(sheet: Sheet) -> tuple[int, int]:
    """Return how many rows the grid shows, and the number of its empty row, which reuses those of emptied rows."""
    found = sheet.rows.aggregate(shown=Count("pk", filter=_is_shown(sheet)), last=Max("number"))
    return found["shown"], (found["last"] or 0) + 1


def _is_shown(sheet: Sheet) -> Q:
    today = Submission.objects.filter(group=sheet.pk, sent_at__gte=_midnight()).values("pk")
    if sheet.cleared_at:
        today = today.filter(finished_at__gt=sheet.cleared_at)
    return ~Q(status=Row.Status.CREATED) | Q(submission__in=today)


def clear_created(sheet: Sheet) -> None:
    """Show the rows that were created no longer."""
    Sheet.objects.filter(pk=sheet.pk).update(cleared_at=timezone.now())


def start_sending_typed(sheet: Sheet, by: User, seen: dict[int, str]) -> str:
    """Send rows that are still as the person saw them, by number and digest. Return why not, in a sentence, or ""."""
    try:
        return _start_sending(sheet, by, seen)
    except ReadDifferently:
        check_again(sheet)
        return f"Not created. {texts.READ_DIFFERENTLY}"


def _start_sending(sheet: Sheet, by: User, seen: dict[int, str]) -> str:
    with transaction.atomic():
        lock_comparison(sheet.key_id, sheet.workflow_id)
        locked = Sheet.objects.select_for_update().get(pk=sheet.pk)
        locked.key, locked.workflow = sheet.key, sheet.workflow
        if by.pk == locked.owner_id:
            locked.owner = by
        if problem := _why_not_start(locked, seen):
            return problem
        if locked.status == Sheet.Status.SENDING:
            locked.wait_again(len(seen))
        elif not locked.start_sending(by, len(seen)):
            return texts.ROWS_CHANGED
        # The requested rows, and no others: the worker sends only these requests.
        sent = 0
        while sent < len(seen) and (request := next_submission(locked, list(seen))):
            sent += request.row_count
    sheet.copy_from(locked)
    return ""


def _why_not_start(locked: Sheet, seen: dict[int, str]) -> str:
    if locked.has_unconfirmed:
        return "Not created. Review the unconfirmed row first."
    if locked.restored_from:
        return "Not created. The portal was restored from a backup: first check what was sent since."
    if not seen:
        return texts.NOTHING_TO_SEND
    is_busy = locked.status == Sheet.Status.SENDING and not locked.waits_to_start
    if is_busy and len(seen) > MOST_SENT_AT_ONCE:
        return "Not created yet. Earlier rows are still being created. Try again when they’re done."
    ready = locked.rows.filter(status=Row.Status.READY, number__in=list(seen))
    is_same = {number: digest[:SHOWN_DIGEST] for number, digest in ready.values_list("number", "digest")} == seen
    return "" if is_same else texts.ROWS_CHANGED


def ready_rows(sheet: Sheet) -> dict[int, str]:
    """Return the numbers of all ready rows, with the part of their digests that pages show."""
    ready = sheet.rows.filter(status=Row.Status.READY)
    return {number: digest[:SHOWN_DIGEST] for number, digest in ready.values_list("number", "digest")}


def typed_imports(user: User, workflow: OpenedWorkflow) -> Sheets:
    place = {"key": workflow.key_id, "workflow_id": workflow.workflow_id}
    return Sheet.objects.filter(owner=user, size_bytes=0, **place)


def _is_over(sheet: Sheet) -> bool:
    counts = sheet.counts_as_read
    is_left = counts.is_unfinished or counts.unconfirmed or counts.duplicate or counts.skipped
    if sheet.status != Sheet.Status.CHECKED or is_left:
        return False
    return not shown_rows(sheet).exists() and bool(counts.total)


def _midnight() -> datetime:
    return times.local(timezone.now()).replace(hour=0, minute=0, second=0, microsecond=0)


def _matching(schema: Schema) -> Matching:
    """Return how typed rows are read: a column for each field, and times of the person's time zone."""
    columns = [Column(known.label, known.name) for known in schema.fields]
    return Matching(NO_HEADER, columns, decimal=AS_TYPED, zone=times.name_of(timezone.get_current_timezone()))
