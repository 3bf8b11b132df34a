"""After the clock was set back, what was to be done soon lies hours ahead: it is made due now.

Only what no working clock sets is changed. Imports, keys and answers that are kept see such times for themselves.
"""

from datetime import timedelta

from django.utils import timezone

from pipelines_portal.shared.clock_watch import FARTHEST, ClockWatch
from pipelines_portal.submissions.models import Export, Submission
from pipelines_portal.submissions.sending import lease
from pipelines_portal.task_index.models import Walk
from pipelines_portal.uploads.models import ZipUpload

_watch = ClockWatch()


def look_at_clock() -> None:
    """What happened since this worker last looked."""
    if back := _watch.set_back_by():
        bring_forward(back)


def bring_lost_forward() -> None:
    """What happened while no worker ran."""
    bring_forward(FARTHEST)


def bring_forward(ahead: timedelta) -> None:
    """All that waits for longer than `ahead`. What is being sent may be: its sender has all of its time once more."""
    now = timezone.now()
    late = now + ahead
    sending = Submission.objects.filter(state=Submission.State.SENDING, sending_until__gt=late)
    sending.update(sending_until=now + lease())
    ZipUpload.objects.filter(next_poll_at__gt=late).update(next_poll_at=now)
    Export.objects.filter(due_at__gt=late).update(due_at=now)
    Walk.objects.filter(due_at__gt=late).update(due_at=now)
