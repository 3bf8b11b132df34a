"""How long the rest of an import takes, judged by the batches that Pipelines has answered."""

from datetime import datetime

from django.db.models import F

from pipelines_portal.core.times import MINUTE, clock, duration
from pipelines_portal.entry.models import Sheet
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.statuses import FINAL

# The pace is that of the last batches: Pipelines may have been slower or faster before.
BATCHES = 3
# A batch that is answered in less seconds needs no word.
LONG = 5


def time_left(sheet: Sheet, not_sent: int, now: datetime) -> str:
    """Return a sentence such as "About 2 min left.", or since when Pipelines works on a batch, or "".

    Nothing is known of the pace before a batch was answered. A batch of one row is left out: it says nothing of many.
    """
    current = sheet.submissions.filter(status=Submission.Status.SENDING, sent_at__isnull=False).first()
    elapsed = (now - current.sent_at).total_seconds() if current and current.sent_at else 0.0
    answered = sheet.submissions.filter(
        status__in=FINAL, row_count__gt=1, sent_at__isnull=False, finished_at__gt=F("sent_at")
    )
    times = list(answered.order_by("-group_number").values_list("row_count", "sent_at", "finished_at")[:BATCHES])
    rows = sum(count for count, _, _ in times)
    if not rows:
        return _waiting(current, elapsed)
    seconds_per_row = sum((end - start).total_seconds() for _, start, end in times if start and end) / rows
    if current and elapsed > 2 * seconds_per_row * current.row_count:
        return _waiting(current, elapsed)  # slower than before
    seconds = seconds_per_row * not_sent - elapsed
    return f"About {duration(seconds)} left." if seconds >= MINUTE else "Less than a minute left."


def _waiting(current: Submission | None, elapsed: float) -> str:
    if current is None or current.sent_at is None or elapsed <= LONG:
        return ""
    return f"Waiting for Pipelines since {clock(current.sent_at)}."
