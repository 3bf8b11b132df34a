"""The worker's part in an import: reading, checking, sending. A process may die anywhere and another one continues."""

import logging
from datetime import timedelta

from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.imports.reading import read_file
from pipelines_portal.entry.imports.sending import send_requests
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.entry.rows.checking import LeaseLost, check_all
from pipelines_portal.web.time_budget import OutOfTime, TimeBudget, page_budget

# A page reads and checks files up to this size before it is shown. Larger ones would keep the person waiting.
LARGEST_AT_ONCE = 256 * 1024
DELAY_AFTER_ERROR = timedelta(seconds=5)
logger = logging.getLogger(__name__)


def work_on_next() -> bool:
    """Work on the next import that is due. Return whether there was one."""
    import_job = ImportJob.objects.take_lease()
    if import_job is not None:
        _work(import_job, TimeBudget())
    return import_job is not None


def work_if_small(import_job: ImportJob, by: User) -> None:
    """Read and check a small import before its page is shown. The worker does what is left or failed."""
    if import_job.size_bytes > LARGEST_AT_ONCE:
        return
    try:
        with page_budget(by.pk) as budget:
            work_now(import_job, budget)
    except OutOfTime:
        pass
    except Exception:
        logger.exception("Work on an import failed: the worker will try again")


def work_now(import_job: ImportJob, budget: TimeBudget | None = None) -> None:
    """Read and check an import. Raise OutOfTime when the budget is used up; the worker then starts again."""
    budget = budget or TimeBudget()
    is_due = import_job.status in (ImportJob.Status.READING, ImportJob.Status.CHECKING)
    if is_due and import_job.take_lease():
        _work(import_job, budget)
        import_job.refresh_from_db()
        if import_job.status == ImportJob.Status.CHECKING:
            work_now(import_job, budget)


def send_at_once(import_job: ImportJob) -> None:
    """Send rows that need not wait before the page is shown. The worker sends them if another import is being sent."""
    if import_job.status == ImportJob.Status.SENDING and not import_job.waits_to_start and import_job.take_lease():
        send_requests(import_job)
    import_job.copy_from(ImportJob.objects.get(pk=import_job.pk))


def _work(import_job: ImportJob, budget: TimeBudget) -> None:
    try:
        if import_job.status == ImportJob.Status.SENDING:
            send_requests(import_job)
        elif import_job.status == ImportJob.Status.READING:
            read_file(import_job, budget)
        else:
            check_all(import_job, budget)
    except LeaseLost:
        return
    except OutOfTime:
        import_job.release_lease()
        raise
    except Exception:
        import_job.release_lease(due_at=timezone.now() + DELAY_AFTER_ERROR)
        raise
