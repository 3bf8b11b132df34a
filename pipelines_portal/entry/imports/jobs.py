"""What the worker does for imports: it reads, checks and sends. All of it may be killed anywhere and begun again."""

from datetime import timedelta

from django.utils import timezone

from pipelines_portal.core.page_work import OutOfTime, TimeBudget
from pipelines_portal.entry.imports.checking import LeaseLost, check_all
from pipelines_portal.entry.imports.reading_job import read_file
from pipelines_portal.entry.imports.sending import send_on
from pipelines_portal.entry.imports.transitions import begin_turn, end_turn, take_turn
from pipelines_portal.entry.models import ImportJob


def work_on_next() -> bool:
    """Whether there was something to do."""
    import_job = take_turn()
    if import_job is not None:
        _work(import_job, TimeBudget())
    return import_job is not None


def work_now(import_job: ImportJob, budget: TimeBudget | None = None) -> None:
    """Read and check it. Raise OutOfTime when the budget is used up; the worker then begins again."""
    budget = budget or TimeBudget()
    if import_job.status in (ImportJob.Status.READING, ImportJob.Status.CHECKING) and begin_turn(import_job):
        _work(import_job, budget)
        import_job.refresh_from_db()
        if import_job.status == ImportJob.Status.CHECKING:
            work_now(import_job, budget)


def _work(import_job: ImportJob, budget: TimeBudget) -> None:
    try:
        if import_job.status == ImportJob.Status.SENDING:
            send_on(import_job)
        elif import_job.status == ImportJob.Status.READING:
            read_file(import_job, budget)
        else:
            check_all(import_job, budget)
    except LeaseLost:
        return
    except OutOfTime:
        end_turn(import_job)
        raise
    except Exception:
        end_turn(import_job, due_at=timezone.now() + timedelta(seconds=5))
        raise
