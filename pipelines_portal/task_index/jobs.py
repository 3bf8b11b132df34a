"""The worker's loop over the scans: one call at a time. It may be killed at any point."""

from datetime import timedelta

from django.db import transaction

from pipelines_portal.api_client import (
    Held,
    InvalidRequest,
    NotFound,
    NotSent,
    PipelinesError,
    RateLimited,
    Unauthorized,
)
from pipelines_portal.keys.clients import KeyCannotBeOpened, background_client_for
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.task_index.models import KeyThrottle, Scan, WorkflowIndex
from pipelines_portal.task_index.scanning import AT_ONCE, CursorLoop, fetch, record

Problem = WorkflowIndex.Problem
PAUSE_AFTER_429, SHORTEST_PAUSE = timedelta(seconds=60), timedelta(seconds=1)


def scan_next() -> bool:
    """Make one step of a scan that is due. Return whether there was one."""
    scan = Scan.objects.due().first()
    if scan is None or scan.index.workflow is None:
        return False
    key = scan.index.workflow.key
    if KeyThrottle.objects.acquire(key) and scan.claim():
        _make_step(scan, key)
    return True


def _make_step(scan: Scan, key: SavedKey) -> None:
    try:
        client = background_client_for(key)
        response = fetch(scan, client)
    except (InvalidRequest, CursorLoop) as error:
        scan.restart() if scan.position.get("cursor") else _fail(scan, error)
    except RateLimited as error:
        _pause(scan, key, error)
    except (PipelinesError, KeyCannotBeOpened) as error:
        _fail(scan, error)
    else:
        with transaction.atomic():
            scan.index.lock()
            scan.index.refresh_from_db()
            if not scan.has_lease():
                return
            delay, position = record(scan, response)
            is_first_count = scan.index.open_as_of is None or not scan.index.is_backfilled
            if is_first_count and client.allowance:
                delay = AT_ONCE if scan.kind == Scan.Kind.BACKFILL and delay else delay
                KeyThrottle.objects.allow_more(key, client.allowance)
            scan.advance(delay, position)
            scan.index.set_problem(Problem.NONE)
        is_cycle_over = scan.kind == Scan.Kind.LISTS and not position
        if is_cycle_over or (scan.kind == Scan.Kind.SUSPECTS and delay is None):
            scan.index.measure_durations()


def _pause(scan: Scan, key: SavedKey, error: RateLimited) -> None:
    """Pause all scans with the key for a minute after a 429, so that people's own requests go first."""
    retry_after = timedelta(seconds=error.retry_after or 0)
    KeyThrottle.objects.pause(key, max(retry_after, SHORTEST_PAUSE if isinstance(error, Held) else PAUSE_AFTER_429))
    scan.schedule(timedelta())


def _fail(scan: Scan, error: Exception) -> None:
    """Retry later, and store the problem. A rejected key is stored as such elsewhere, and stops its scans."""
    scan.retry()
    if isinstance(error, KeyCannotBeOpened):
        scan.index.set_problem(Problem.UNDECRYPTABLE)
    elif isinstance(error, NotFound):
        scan.index.set_problem(Problem.NOT_FOUND)
    elif not isinstance(error, Unauthorized | NotSent):
        scan.index.set_problem(Problem.NO_ANSWER)
