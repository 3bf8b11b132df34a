"""Submissions as a file, row by row: at once where they are few, else put together by the worker, part by part.

A worker may be killed anywhere, and there may be two: a part is written with the place at which the next one begins.
"""

import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.core.clocks import zone_named
from pipelines_portal.core.tidying import remove_in_batches
from pipelines_portal.submissions.entries import Entry, entries_of, read_ahead
from pipelines_portal.submissions.filters import LedgerForm, all_of, newest
from pipelines_portal.submissions.models import Export, ExportPart, Submission

AT_ONCE = 5_000
ROWS_A_PART = 2_000
SUBMISSIONS_A_LOOK = 1_000
LEASE = timedelta(minutes=2)
KEPT_FOR = timedelta(days=1)
# Of one person: as many are prepared at once, and as many are stored.
MOST_AT_ONCE = 3
Status = Export.Status


@dataclass
class Part:
    """Entries that follow each other, and the submission they end with; `is_last` when nothing comes behind."""

    entries: list[Entry] = field(default_factory=list)
    last: Submission | None = None
    is_last: bool = False


def is_small(form: LedgerForm) -> bool:
    """Whether all of it can be written while a person waits."""
    found = newest(form, None, AT_ONCE + 1)
    return len(found) <= AT_ONCE and sum(max(each.row_count, 1) for each in found) <= AT_ONCE


def all_entries(form: LedgerForm) -> list[Entry]:
    """Of a small one."""
    entries: list[Entry] = []
    part = Part()
    while not part.is_last:
        part = _part_after(form, part.last)
        entries += part.entries
    return entries


def begin(form: LedgerForm, format_: str, zone: str) -> Export | None:
    """Return the new export, or None if this person has enough of them being prepared."""
    exports = Export.objects.filter(owner=form.user)
    if exports.filter(status=Status.WORKING).count() >= MOST_AT_ONCE:
        return None
    stored = exports.exclude(status=Status.WORKING).order_by("-created_at").values("pk")
    exports.filter(pk__in=[each["pk"] for each in stored[MOST_AT_ONCE - 1 :]]).delete()
    return Export.objects.create(owner=form.user, filters=form.kept(), format=format_, zone=zone)


def work_on_next() -> bool:
    """The next part of an export whose turn it is. Whether there was one."""
    now = timezone.now()
    export = Export.objects.filter(due_at__lte=now).select_related("owner").order_by("due_at").first()
    if export is None:
        return False
    mine = Export.objects.filter(pk=export.pk, due_at=export.due_at)
    if mine.update(due_at=now + LEASE):
        _work_on(export)
    return True


def entries_in(export: Export) -> Iterator[dict[str, Any]]:
    """Of a ready one, part by part, what its owner may still see."""
    for data in export.parts.values_list("data", flat=True).iterator(4):
        entries = json.loads(zlib.decompress(data))
        visible = _visible(export.owner, {entry["submission"] for entry in entries})
        yield from (entry for entry in entries if entry["submission"] in visible)


def _visible(owner: User, submission_ids: set[str]) -> set[str]:
    found = Submission.objects.visible_to(owner).filter(pk__in=submission_ids)
    return set(map(str, found.order_by().values_list("pk", flat=True)))


def forget_old_exports() -> int:
    """Their parts are large: one at a time."""
    return remove_in_batches(Export.objects.filter(created_at__lt=timezone.now() - KEPT_FOR), 1)


def _work_on(export: Export) -> None:
    """By the clock that its days were meant by."""
    with timezone.override(zone_named(export.zone) or "UTC"):
        form = LedgerForm(export.owner, export.filters)
        if not export.owner.is_active or not form.is_valid():
            Export.objects.filter(pk=export.pk).update(status=Status.FAILED, due_at=None)
            return
        total = _count(form) if export.total is None else export.total
        _keep(export, _part_after(form, _last_of(export)), total)


def _last_of(export: Export) -> Submission | None:
    """By its place alone: it may be discarded by now."""
    if export.last_id is None or export.last_at is None:
        return None
    return Submission(pk=export.last_id, created_at=export.last_at)


def _count(form: LedgerForm) -> int:
    counted: int | None = all_of(form).order_by().aggregate(rows=Sum("row_count"))["rows"]
    return counted or 0


def _keep(export: Export, part: Part, total: int) -> None:
    """Unless another worker did so meanwhile."""
    lines = [entry.as_dict() for entry in part.entries]
    names = dict.fromkeys([*export.names, *(name for entry in part.entries for name in entry.values)])
    ends = {"status": Status.READY, "due_at": None} if part.is_last else {"due_at": timezone.now()}
    with transaction.atomic():
        mine = Export.objects.filter(pk=export.pk, part_count=export.part_count, status=Status.WORKING)
        is_mine = mine.update(
            part_count=export.part_count + 1,
            total=total,
            done=export.done + len(lines),
            names=list(names),
            last_id=part.last.pk if part.last else export.last_id,
            last_at=part.last.created_at if part.last else export.last_at,
            **ends,
        )
        if is_mine:
            data = zlib.compress(json.dumps(lines, separators=(",", ":")).encode(), 1)
            ExportPart.objects.create(export=export, number=export.part_count, data=data)


def _part_after(form: LedgerForm, last: Submission | None) -> Part:
    """As many submissions as make a part; one is never divided."""
    found = newest(form, last, SUBMISSIONS_A_LOOK + 1)
    part = Part(last=last)
    read_ahead(found)
    for submission in found[:SUBMISSIONS_A_LOOK]:
        part.entries += entries_of(submission)
        part.last = submission
        if len(part.entries) >= ROWS_A_PART:
            return part
    part.is_last = len(found) <= SUBMISSIONS_A_LOOK
    return part


def file_of(entries: Iterable[dict[str, Any]], names: list[str], format_: str) -> Iterable[Any]:
    """Lines of a CSV, with a column for each of `names`, or text of JSON: an array of objects."""
    return _as_csv(entries, names) if format_ == "csv" else _as_json(entries)


def _as_csv(entries: Iterable[dict[str, Any]], names: list[str]) -> Iterator[list[Any]]:
    yield [*Entry.HEADS, *names]
    for entry in entries:
        values = entry["values"]
        yield [*(entry[name] for name in Entry.NAMES), *(_cell(values.get(name)) for name in names)]


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value


def _as_json(entries: Iterable[dict[str, Any]]) -> Iterator[str]:
    separator = "[\n"
    for entry in entries:
        yield separator + json.dumps(entry, ensure_ascii=False)
        separator = ",\n"
    yield "[]\n" if separator == "[\n" else "\n]\n"
