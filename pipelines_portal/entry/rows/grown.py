"""A file that grows: most of its rows were sent before, with other imports or by forms. These stay out."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.import_requests import rows_sent_before
from pipelines_portal.entry.models import SENT_OTHERWISE, ImportJob, ImportRow, RowCounts
from pipelines_portal.submissions.models import Submission, SubmissionRow

# From this share of its rows on, a file is one that was sent before and grew. Fewer duplicates are decided one by one.
FEWEST = 0.5
ROWS_PER_QUERY = 5_000
_S = ImportRow.Status


@dataclass(frozen=True)
class Earlier:
    """How many of the rows were sent before, when and from which file if it was one that the person may see.

    Those that have other values now are counted, too. `uncertain` of them are not known to be tasks yet.
    """

    rows: int
    new: int
    changed: int
    uncertain: int
    files: int
    name: str
    sent_at: datetime | None


class SentRows(NamedTuple):
    """The numbers of the rows to skip and of those that are new although they equal them, and what the page says."""

    left_out: list[int]
    new: list[int]
    facts: dict[str, Any]


def find_sent(import_job: ImportJob) -> SentRows:
    """Return the rows that were sent before, if they are most of the file.

    Those with other values now are recognized by a field that is used once: they count, and wait for a person. Equal
    rows are counted: of three in the file of which two were sent, one is new. Of many rows this takes seconds: call it
    outside of a transaction that writes.
    """
    numbers: dict[str, list[int]] = {}
    rows = import_job.rows.filter(status__in=(_S.DUPLICATE, _S.SKIPPED)).exclude(digest="").order_by("number")
    for digest, number in rows.values_list("digest", "number"):
        numbers.setdefault(digest, []).append(number)
    sends: dict[str, list[SubmissionRow]] = {}
    for row in rows_sent_before(import_job, numbers):
        sends.setdefault(row.digest, []).append(row)
    left_out = [number for digest, sent in sends.items() for number in numbers[digest][: len(sent)]]
    tasks = sent_otherwise(import_job).values_list("duplicate_of_task", flat=True)
    changed = rows_of_tasks(import_job, (task for task in tasks if task)).values()
    count = len(left_out) + len(changed)
    if not count or count < FEWEST * import_job.rows.count():
        return SentRows([], [], {})
    # That two equal rows were sent says that equal rows are meant.
    new = [number for digest, sent in sends.items() if len(sent) > 1 for number in numbers[digest][len(sent) :]]
    matched = [row for digest, sent in sends.items() for row in sent[: len(numbers[digest])]]
    return SentRows(left_out, new, _facts([*matched, *changed]) | {"changed": len(changed)})


def sent_otherwise(import_job: ImportJob) -> QuerySet[ImportRow]:
    return import_job.rows.filter(SENT_OTHERWISE)


def rows_of_tasks(
    import_job: ImportJob, task_ids: Iterable[int], reader: User | None = None
) -> dict[int, SubmissionRow]:
    """Return with what these tasks were sent, by their IDs. With a reader, only what that person may see."""
    wanted, found = sorted(set(task_ids)), dict[int, SubmissionRow]()
    sent = SubmissionRow.objects.filter(
        submission__key=import_job.key_id, submission__workflow_id=import_job.workflow_id
    ).order_by("pk")
    if reader:
        sent = sent.filter(submission__in=Submission.objects.visible_to(reader).order_by())
    for start in range(0, len(wanted), ROWS_PER_QUERY):
        for row in sent.filter(task_id__in=wanted[start : start + ROWS_PER_QUERY]):
            found[row.task_id or 0] = row
    return found


def _facts(matched: list[SubmissionRow]) -> dict[str, Any]:
    """Return the number of matched rows, of uncertain ones, and the sends: a file's requests are one."""
    by_submission = Counter(row.submission_id for row in matched)
    groups: dict[str, dict[str, Any]] = {}
    for start in range(0, len(by_submission), ROWS_PER_QUERY):
        found = Submission.objects.in_bulk(list(by_submission)[start : start + ROWS_PER_QUERY])
        for submission in sorted(found.values(), key=lambda each: each.created_at):
            at = (submission.sent_at or submission.created_at).isoformat()
            groups[str(submission.group or "")] = {"name": submission.group_name, "at": at}
    uncertain = sum(row.status != SubmissionRow.Status.CREATED for row in matched)
    return {"rows": len(matched), "uncertain": uncertain, "groups": groups}


def earlier_of(import_job: ImportJob, reader: User, counts: RowCounts) -> Earlier | None:
    """Return what is known of earlier sends of the file. Of sends that the reader may not see, only the number."""
    facts = import_job.sent_before
    if not facts:
        return None
    groups = facts["groups"]
    name, at = "", None
    if len(groups) == 1:
        ((group, sent),) = groups.items()
        at = parse_datetime(sent["at"])
        if group and Submission.objects.visible_to(reader).filter(group=group).exists():
            name = sent["name"]
    new = max(counts.total - facts["rows"], 0)
    return Earlier(facts["rows"], new, facts.get("changed", 0), facts["uncertain"], len(groups), name, at)
