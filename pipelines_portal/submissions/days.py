"""The list of submissions by day. An import is one line, and so are a person's single tasks of a day."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.core import times
from pipelines_portal.core.times import local
from pipelines_portal.submissions.filters import first_of_imports, midnight
from pipelines_portal.submissions.import_states import ImportState
from pipelines_portal.submissions.models import Submission, SubmissionRow, Submissions
from pipelines_portal.submissions.origin import title_of

# A fold is one line for the single tasks of a person and day. So many of them are listed below it.
SHOWN_IN_A_FOLD = 5
FOLDED_STATUSES = (Submission.Status.CREATED, Submission.Status.REJECTED)


@dataclass(frozen=True)
class Batches:
    """The numbers of rows of an import's batches, and how many batches have no final outcome."""

    rows: int
    created: int
    rejected: int
    accepted: int
    unconfirmed: int
    sending: int

    @property
    def status(self) -> str:
        """Return the status of a submission that would have all the rows."""
        if self.unconfirmed or self.sending:
            return Submission.Status.UNCONFIRMED if self.unconfirmed else Submission.Status.SENDING
        if self.created:
            return Submission.Status.PARTLY_CREATED if self.rejected else Submission.Status.CREATED
        return Submission.Status.REJECTED if self.rejected else Submission.Status.DRAFT


@dataclass
class SentLine:
    """One submission, one import by its first batch, or several single tasks of one person, newest first."""

    submissions: list[Submission]
    # Of an import. `state` is None if the import was removed, or if the person may not see it.
    batches: Batches | None = None
    state: ImportState | None = None
    # How many of its tasks need attention.
    attention: int = 0
    # Of the list that shows a fold one by one.
    query: str = ""

    @property
    def first(self) -> Submission:
        return self.submissions[0]

    @property
    def attention_url(self) -> str:
        """Return the list of those tasks."""
        first = self.first
        query = {"status": "attention"}
        if first.group:
            query["import"] = str(first.group)
        else:
            query |= {"sent": first.owner.email, "day": times.local(first.created_at).date().isoformat()}
        return f"{reverse('tasks:list', args=[first.key_id, first.workflow_id])}?{urlencode(query)}"

    @property
    def is_fold(self) -> bool:
        return len(self.submissions) > 1

    @property
    def shown(self) -> list[Submission]:
        return self.submissions[:SHOWN_IN_A_FOLD]

    @property
    def oldest(self) -> Submission:
        return self.submissions[-1]

    @property
    def created(self) -> int:
        return self.batches.created if self.batches else sum(each.success_count for each in self.submissions)

    @property
    def rejected(self) -> int:
        return self.batches.rejected if self.batches else sum(each.error_count for each in self.submissions)

    @property
    def accepted(self) -> int:
        """The warnings that people accepted."""
        return self.batches.accepted if self.batches else sum(each.accepted_count for each in self.submissions)


@dataclass
class SentDay:
    date: date
    time: datetime
    lines: list[SentLine] = field(default_factory=list)
    created: int = 0
    rejected: int = 0

    @property
    def name(self) -> str:
        """Return the title, such as "Today, Tuesday 24 November"."""
        weekday = f"{self.date:%A} {self.date.day} {self.date:%B}"
        word = times.day(self.time, timezone.now())
        return f"{word}, {weekday}" if word in ("Today", "Yesterday") else f"{weekday} {self.date.year}"

    @property
    def iso(self) -> str:
        """The date as the filters of the list read it."""
        return self.date.isoformat()


@dataclass
class SentPage:
    days: list[SentDay]
    # The one after which the next page begins; None where there is none.
    last: Submission | None
    # Of its first and of its last day, what stands on another page.
    begins_within: bool = False
    ends_within: bool = False

    @property
    def cut_days(self) -> list[SentDay]:
        """The days of which this page shows only a part."""
        ends = [(self.begins_within, self.days[0]), (self.ends_within, self.days[-1])] if self.days else []
        return list({day.iso: day for is_cut, day in ends if is_cut}.values())


def batches_of_imports(submissions: list[Submission], found: Submissions) -> dict[UUID, Batches]:
    """Return the numbers of those imports that the submissions are of. `found` is all that the filters let through."""
    groups = [each.group for each in submissions if each.group]
    if not groups:
        return {}
    status = Submission.Status
    sums = found.filter(group__in=groups).order_by("group").values_list("group").annotate(
        Sum("row_count"), Sum("success_count"), Sum("error_count"), Sum("accepted_count"),
        unconfirmed=Count("pk", filter=Q(status=status.UNCONFIRMED)),
        sending=Count("pk", filter=Q(status=status.SENDING)),
    )  # fmt: skip
    return {group: Batches(*numbers) for group, *numbers in sums}


def page_of(found: list[Submission], most_lines: int, *, is_folded: bool) -> SentPage:
    """Divide `found`, newest first, into days and lines. It has one more than fits if there are more."""
    days: list[SentDay] = []
    folds: dict[Any, SentLine] = {}
    count = 0
    for number, submission in enumerate(found):
        place = _fold_key(submission) if is_folded else None
        if place is not None and place in folds:
            folds[place].submissions.append(submission)
            continue
        if count == most_lines:
            return SentPage(days, found[number - 1])
        count += 1
        line = SentLine([submission])
        date = local(submission.created_at).date()
        if not days or days[-1].date != date:
            days.append(SentDay(date, submission.created_at))
        days[-1].lines.append(line)
        if place is not None:
            folds[place] = line
    return SentPage(days, None)


def fill(page: SentPage, everything: Submissions) -> None:
    """Add a title to each submission of one row, and the sums of whole days.

    `everything` is what the filters let through.
    """
    add_titles([each for day in page.days for line in day.lines for each in line.shown])
    for day in page.days:
        day.created, day.rejected = sum(line.created for line in day.lines), sum(line.rejected for line in day.lines)
    for day in page.cut_days:
        listed = first_of_imports(everything, everything)
        of_day = listed.filter(created_at__gte=midnight(day.date), created_at__lt=midnight(day.date, 1)).order_by()
        imports = of_day.filter(group__isnull=False).values("group")
        sums = [_sums(of_day.filter(group=None)), _sums(everything.filter(group__in=imports).order_by())]
        day.created, day.rejected = sum(created for created, _ in sums), sum(rejected for _, rejected in sums)


def _sums(submissions: Submissions) -> tuple[int, int]:
    """Return the numbers of tasks created and of rows rejected."""
    sums = submissions.aggregate(created=Sum("success_count"), rejected=Sum("error_count"))
    return sums["created"] or 0, sums["rejected"] or 0


def add_titles(submissions: list[Submission]) -> None:
    """Set `only_row` of each submission of one row, and `title`, the value by which people recognize that row."""
    single = [each for each in submissions if each.row_count == 1]
    if not single:
        return
    rows = SubmissionRow.objects.filter(submission__in=single, index=0).order_by()
    by_submission = {row.submission_id: row for row in rows}
    for each in single:
        row: Any = by_submission.get(each.pk)
        each.only_row, each.title = row, title_of(row.fields or {}) if row else ""  # type: ignore[attr-defined]


def _fold_key(submission: Submission) -> Any:
    """Return the key of its fold, or None for a line of its own: a batch, or what somebody must look at."""
    is_single = submission.kind == Submission.Kind.FORM and submission.row_count == 1
    if not is_single or submission.status not in FOLDED_STATUSES:
        return None
    return submission.owner_id, submission.key_id, submission.workflow_id, local(submission.created_at).date()
