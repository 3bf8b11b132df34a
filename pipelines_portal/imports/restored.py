"""After a restore: rows that the backup knows as unsent may have been sent since."""

from .models import Import, State
from .requests import has_unknown, settle_for_page
from .transitions import Step, step

RESTORED = (
    "The portal was restored from a backup, and rows may have been sent after that was made. Look at the workflow's "
    "tasks before you go on."
)


def pause_restored() -> None:
    """Pause every import that was being sent. Where a request is unconfirmed, a person decides about it first."""
    for import_job in Import.objects.filter(state__in=(State.SENDING, State.PAUSED)):
        settle_for_page(import_job)
        if has_unknown(import_job):
            step(import_job, Step.LOSE, State.UNCERTAIN, problem=RESTORED)
        elif import_job.state == State.SENDING:
            step(import_job, Step.PAUSE, State.PAUSED, problem=RESTORED)
