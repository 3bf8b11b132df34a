"""The worker's part in an import: reading, checking, sending. A process may die anywhere and another one continues."""

import logging
from datetime import timedelta

from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.imports.reading import read_file
from pipelines_portal.entry.imports.sending import send_requests
from pipelines_portal.entry.models import Sheet
from pipelines_portal.entry.rows.checking import LeaseLost, check_all
from pipelines_portal.web.time_budget import OutOfTime, TimeBudget, page_budget

# A page reads and checks files up to this size before it is shown. Larger ones would keep the person waiting.
LARGEST_AT_ONCE = 256 * 1024
DELAY_AFTER_ERROR = timedelta(seconds=5)
logger = logging.getLogger(__name__)


def work_on_next() -> bool:
    """Work on the next import that is due. Return whether there was one."""
    sheet = Sheet.objects.take_lease()
    if sheet is not None:
        _work(sheet, TimeBudget())
    return sheet is not None


def work_if_small(sheet: Sheet, by: User) -> None:
    """Read and check a small import before its page is shown. The worker does what is left or failed."""
    if sheet.size_bytes > LARGEST_AT_ONCE:
        return
    try:
        with page_budget(by.pk) as budget:
            work_now(sheet, budget)
    except OutOfTime:
        pass
    except Exception:
        logger.exception("Work on an import failed: the worker will try again")


def work_now(sheet: Sheet, budget: TimeBudget | None = None) -> None:
    """Read and check an import. Raise OutOfTime when the budget is used up; the worker then starts again."""
    budget = budget or TimeBudget()
    is_due = sheet.status in (Sheet.Status.READING, Sheet.Status.CHECKING)
    if is_due and sheet.take_lease():
        _work(sheet, budget)
        sheet.refresh_from_db()
        if sheet.status == Sheet.Status.CHECKING:
            work_now(sheet, budget)


def send_at_once(sheet: Sheet) -> None:
    """Send rows that need not wait before the page is shown. The worker sends them if another import is being sent."""
    if sheet.status == Sheet.Status.SENDING and not sheet.waits_to_start and sheet.take_lease():
        send_requests(sheet)
    sheet.copy_from(Sheet.objects.get(pk=sheet.pk))


def _work(sheet: Sheet, budget: TimeBudget) -> None:
    try:
        if sheet.status == Sheet.Status.SENDING:
            send_requests(sheet)
        elif sheet.status == Sheet.Status.READING:
            read_file(sheet, budget)
        else:
            check_all(sheet, budget)
    except LeaseLost:
        return
    except OutOfTime:
        sheet.release_lease()
        raise
    except Exception:
        sheet.release_lease(due_at=timezone.now() + DELAY_AFTER_ERROR)
        raise
