"""What the worker does for the indexes: a call at a time, at the pace of the key, killed at any point without harm."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, QuerySet, When
from django.utils import timezone

from pipelines_portal.api_client import (
    Held,
    InvalidRequest,
    NotAsked,
    NotFound,
    PipelinesError,
    RateLimited,
    Unauthorized,
)
from pipelines_portal.keys.clients import KeyCannotBeOpened, background_client_for
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.task_index.durations import measure_durations
from pipelines_portal.task_index.models import KeyPace, Walk, WorkflowIndex
from pipelines_portal.task_index.pace import claim_pace
from pipelines_portal.task_index.recording import lock
from pipelines_portal.task_index.walks import StandsStill, ask, take
from pipelines_portal.task_index.watching import being_watched

Problem = WorkflowIndex.Problem
# Longer than a call takes: past it somebody else makes the step.
LEASE = timedelta(seconds=120)
AFTER_A_429, AFTER_A_FAILURE, LONGEST_PAUSE = timedelta(seconds=60), timedelta(seconds=60), timedelta(hours=1)
MOST_FAILURES = 100
# By turns, so that a long walk keeps no other waiting; the past has time.
ORDER = Case(When(kind=Walk.Kind.PAST, then=1), default=0)


def work_on_next() -> bool:
    """Make one step, if one is due. Whether there was one."""
    walk = _next_due().first()
    if walk is None or walk.index.workflow is None:
        return False
    if claim_pace(walk.index.workflow.key) and _claim(walk):
        _step(walk, walk.index.workflow.key)
    return True


def _next_due() -> QuerySet[Walk]:
    now = timezone.now()
    resting = KeyPace.objects.filter(next_call_at__gt=now).values("key")
    due = Walk.objects.filter(being_watched(), due_at__lte=now).exclude(index__workflow__key__in=resting)
    return due.select_related("index__workflow__key__owner").order_by(ORDER, "due_at")


def _claim(walk: Walk) -> bool:
    """`due_at` is then ours alone: only who still finds it there may write what came of the step."""
    until = timezone.now() + LEASE
    if not Walk.objects.filter(pk=walk.pk, due_at=walk.due_at, place=walk.place).update(due_at=until):
        return False
    walk.due_at = until
    return True


def _step(walk: Walk, key: SavedKey) -> None:
    try:
        heard = ask(walk, background_client_for(key))
    except (InvalidRequest, StandsStill) as error:
        _begin_anew(walk) if walk.place.get("cursor") else _failed(walk, error)
    except RateLimited as error:
        _rest(walk, key, error)
    except (PipelinesError, KeyCannotBeOpened) as error:
        _failed(walk, error)
    else:
        with transaction.atomic():
            lock(walk.index)
            walk.index.refresh_from_db()
            if not _still_ours(walk):
                return
            delay, place = take(walk, heard)
            _go_on(walk, delay, place=_marked(walk, place), failures=0)
            _set_problem(walk.index, Problem.NONE)
        if _is_whole(walk, delay, place):
            measure_durations(walk.index)


def _marked(walk: Walk, place: dict[str, Any]) -> dict[str, Any]:
    """Until a walk comes to its end, it remembers how often it was begun anew."""
    anew = walk.place.get("anew")
    return place | {"anew": anew} if place and anew else place


def _still_ours(walk: Walk) -> bool:
    return Walk.objects.filter(pk=walk.pk, due_at=walk.due_at).exists()


def _is_whole(walk: Walk, delay: timedelta | None, place: dict[str, Any]) -> bool:
    """Whether the step ended a cycle through the lists, or read the last of the tasks that had left them."""
    return not place if walk.kind == Walk.Kind.OPEN else walk.kind == Walk.Kind.LEFT and delay is None


def _go_on(walk: Walk, delay: timedelta | None, **values: object) -> None:
    at = None if delay is None else timezone.now() + delay
    Walk.objects.filter(pk=walk.pk, due_at=walk.due_at).update(due_at=at, **values)


def _begin_anew(walk: Walk) -> None:
    """The cursor is no longer good, or leads nowhere: at once, and later and later if that goes on."""
    before: int = walk.place.get("anew", 0)
    pause = _pause_after(before) if before else timedelta()
    _go_on(walk, pause, place={"anew": min(before + 1, MOST_FAILURES)})


def _rest(walk: Walk, key: SavedKey, error: RateLimited) -> None:
    """No walk of this key goes on before it may; and after a 429 of ours, people have the next minute alone."""
    told = timedelta(seconds=error.retry_after or 0)
    pause = max(told, timedelta(seconds=1)) if isinstance(error, Held) else max(told, AFTER_A_429)
    KeyPace.objects.filter(key=key).update(next_call_at=timezone.now() + pause)
    _go_on(walk, timedelta())


def _failed(walk: Walk, error: Exception) -> None:
    """Each time it waits twice as long. A key that is rejected says so itself, and no walk of it is due."""
    _go_on(walk, _pause_after(walk.failures), failures=min(walk.failures + 1, MOST_FAILURES))
    if not isinstance(error, Unauthorized | NotAsked):
        _set_problem(walk.index, _problem_of(error))


def _pause_after(failures: int) -> timedelta:
    return min(AFTER_A_FAILURE * (1 << min(failures, 10)), LONGEST_PAUSE)


def _problem_of(error: Exception) -> WorkflowIndex.Problem:
    if isinstance(error, KeyCannotBeOpened):
        return Problem.SEALED
    return Problem.NOT_FOUND if isinstance(error, NotFound) else Problem.NO_ANSWER


def _set_problem(index: WorkflowIndex, problem: WorkflowIndex.Problem) -> None:
    changed = WorkflowIndex.objects.filter(pk=index.pk).exclude(problem=problem)
    changed.update(problem=problem, problem_at=timezone.now() if problem else None)
