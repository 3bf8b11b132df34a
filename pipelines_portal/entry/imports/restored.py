"""After a restore: rows that the backup knows as unsent may have been sent since."""

from pipelines_portal.entry.imports.counts import store_counts
from pipelines_portal.entry.imports.requests import has_unknown
from pipelines_portal.entry.imports.transitions import Step, step
from pipelines_portal.entry.models import Import, RowState, State
from pipelines_portal.submissions.models import Submission

RESTORED = (
    "The portal was restored from a backup, and rows may have been sent after that was made. Look at the workflow's "
    "tasks before you go on."
)


STATES = (State.SENDING, State.PAUSED, State.UNCERTAIN, State.CHECKED)


def pause_restored() -> None:
    """Pause every import that was being sent, and say in each of which rows are left that they may have been sent.

    Where a request is unconfirmed, a person decides about it first. Call when the ledger's submissions are marked.
    """
    for import_job in Import.objects.filter(state__in=STATES):
        import_job.rows.filter(submission__status=Submission.Status.UNCONFIRMED).update(state=RowState.UNKNOWN)
        store_counts(import_job)
        if has_unknown(import_job):
            step(import_job, Step.LOSE, State.UNCERTAIN, problem=RESTORED)
        elif import_job.state == State.SENDING:
            step(import_job, Step.PAUSE, State.PAUSED, problem=RESTORED)
        elif import_job.rows.filter(state=RowState.READY).exists():
            Import.objects.filter(pk=import_job.pk).update(problem=RESTORED)
