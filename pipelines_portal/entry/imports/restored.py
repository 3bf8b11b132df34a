"""After a restore: rows that the backup knows as unsent may have been sent since."""

from pipelines_portal.entry.imports.counts import store_counts
from pipelines_portal.entry.imports.requests import has_unknown
from pipelines_portal.entry.imports.transitions import Step, step
from pipelines_portal.entry.models import ImportJob, ImportRow
from pipelines_portal.submissions.models import Submission

RESTORED = (
    "The portal was restored from a backup, and rows may have been sent after that was made. Look at the workflow's "
    "tasks before you go on."
)


STATES = (ImportJob.Status.SENDING, ImportJob.Status.PAUSED, ImportJob.Status.UNCONFIRMED, ImportJob.Status.CHECKED)


def pause_restored() -> None:
    """Pause every import that was being sent, and say in each of which rows are left that they may have been sent.

    Where a request is unconfirmed, a person decides about it first. Call when the ledger's submissions are marked.
    """
    for import_job in ImportJob.objects.filter(status__in=STATES):
        import_job.rows.filter(submission__status=Submission.Status.UNCONFIRMED).update(
            status=ImportRow.Status.UNCONFIRMED
        )
        store_counts(import_job)
        if has_unknown(import_job):
            step(import_job, Step.LOSE, ImportJob.Status.UNCONFIRMED, problem=RESTORED)
        elif import_job.status == ImportJob.Status.SENDING:
            step(import_job, Step.PAUSE, ImportJob.Status.PAUSED, problem=RESTORED)
        elif import_job.rows.filter(status=ImportRow.Status.READY).exists():
            ImportJob.objects.filter(pk=import_job.pk).update(problem=RESTORED)
