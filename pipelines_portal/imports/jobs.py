"""What the worker does for imports: it reads, checks and sends. All of it may be killed anywhere and begun again."""

from datetime import timedelta

from django.utils import timezone

from pipelines_portal.shared.page_work import OutOfTime, TimeBudget
from pipelines_portal.web.encryption import Undecryptable

from .ahead import Ahead
from .checking import TurnLost, check_all
from .models import Import, State
from .reading_job import read_file
from .sending import send_on, wait_for_key
from .transitions import begin_turn, end_turn, take_turn


def work_on_next() -> bool:
    """Whether there was something to do. For a program of its own: it makes threads."""
    of = take_turn()
    if of is None:
        return False
    with Ahead() as ahead:
        _work(of, ahead)
    return True


def work_alone() -> bool:
    """As `work_on_next`, one thing after the other."""
    of = take_turn()
    if of is not None:
        _work(of)
    return of is not None


def work_now(of: Import, budget: TimeBudget | None = None) -> None:
    """Read and check it, Raise OutOfTime when the budget is used up; the worker then begins again."""
    if of.state in (State.READING, State.CHECKING) and begin_turn(of):
        _work(of, budget=budget)
        of.refresh_from_db()
        if of.state == State.CHECKING:
            work_now(of, budget)


def _work(of: Import, ahead: Ahead | None = None, budget: TimeBudget | None = None) -> None:
    try:
        if of.state == State.SENDING:
            send_on(of, ahead)
        else:
            {State.READING: read_file, State.CHECKING: check_all}[State(of.state)](of, budget or TimeBudget())
    except TurnLost:
        return
    except OutOfTime:
        end_turn(of)
        raise
    except Undecryptable as error:
        wait_for_key(of, error)
    except Exception:
        end_turn(of, due_at=timezone.now() + timedelta(seconds=5))
        raise
