"""What the worker does for imports: it reads, checks and sends. All of it may be killed anywhere and begun again."""

from datetime import timedelta

from django.utils import timezone

from pipelines_portal.core.page_work import OutOfTime, TimeBudget
from pipelines_portal.entry.imports.checking import TurnLost, check_all
from pipelines_portal.entry.imports.reading_job import read_file
from pipelines_portal.entry.imports.sending import send_on
from pipelines_portal.entry.imports.transitions import begin_turn, end_turn, take_turn
from pipelines_portal.entry.models import Import, State


def work_on_next() -> bool:
    """Whether there was something to do."""
    of = take_turn()
    if of is not None:
        _work(of, TimeBudget())
    return of is not None


def work_now(of: Import, budget: TimeBudget | None = None) -> None:
    """Read and check it. Raise OutOfTime when the budget is used up; the worker then begins again."""
    budget = budget or TimeBudget()
    if of.state in (State.READING, State.CHECKING) and begin_turn(of):
        _work(of, budget)
        of.refresh_from_db()
        if of.state == State.CHECKING:
            work_now(of, budget)


def _work(of: Import, budget: TimeBudget) -> None:
    try:
        if of.state == State.SENDING:
            send_on(of)
        elif of.state == State.READING:
            read_file(of, budget)
        else:
            check_all(of, budget)
    except TurnLost:
        return
    except OutOfTime:
        end_turn(of)
        raise
    except Exception:
        end_turn(of, due_at=timezone.now() + timedelta(seconds=5))
        raise
