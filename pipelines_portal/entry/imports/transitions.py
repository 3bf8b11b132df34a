"""Every change of an import's state: compare-and-set. STEPS says what may follow what.

The worker's steps are made only by whoever holds the turn (`worker`): one that stood still and lost it changes nothing.
"""

from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.entry.models import IS_AT_WORK, ImportJob
from pipelines_portal.keys.models import SavedKey

# A turn is renewed at every step of the work, none of which takes as long.
TURN = timedelta(seconds=60)
# No turn is longer, and nothing is put off for longer.
LONGEST = timedelta(hours=1)


class Step(Enum):
    READ = "read"  # its lines are here
    REFUSE = "refuse"  # it cannot be read
    REREAD = "read again"  # with another encoding, delimiter or sheet
    MATCH = "match"  # every column became a field or was set aside
    REMATCH = "match again"  # nothing was sent yet
    CHECK = "check"  # every row was checked
    SEND = "send"  # a person sends the good ones
    RECHECK = "check again"  # the workflow's fields changed
    PAUSE = "pause"  # a person, or something that only a person can mend
    LOSE = "lose"  # nobody heard what came of a request
    SETTLE = "settle"  # somebody found out
    FINISH = "finish"  # every good row was sent
    STOP = "stop"  # a person keeps the rest
    DELETE = "delete"  # a person deletes it; it can be restored for 30 days
    RESTORE = "restore"  # to the state in which it was deleted


DELETABLE = frozenset(
    {
        ImportJob.Status.READING,
        ImportJob.Status.UNREADABLE,
        ImportJob.Status.MATCHING,
        ImportJob.Status.CHECKING,
        ImportJob.Status.CHECKED,
        ImportJob.Status.PAUSED,
    }
)
# From which states, to which.
STEPS: dict[Step, tuple[frozenset[str], frozenset[str]]] = {
    Step.READ: (
        frozenset({ImportJob.Status.READING}),
        frozenset({ImportJob.Status.MATCHING, ImportJob.Status.CHECKING}),
    ),
    Step.REFUSE: (frozenset({ImportJob.Status.READING}), frozenset({ImportJob.Status.UNREADABLE})),
    Step.REREAD: (
        frozenset({ImportJob.Status.MATCHING, ImportJob.Status.UNREADABLE}),
        frozenset({ImportJob.Status.READING}),
    ),
    Step.MATCH: (frozenset({ImportJob.Status.MATCHING}), frozenset({ImportJob.Status.CHECKING})),
    Step.REMATCH: (frozenset({ImportJob.Status.CHECKED}), frozenset({ImportJob.Status.MATCHING})),
    Step.CHECK: (
        frozenset({ImportJob.Status.CHECKING}),
        frozenset({ImportJob.Status.CHECKED, ImportJob.Status.MATCHING}),
    ),
    Step.SEND: (frozenset({ImportJob.Status.CHECKED, ImportJob.Status.PAUSED}), frozenset({ImportJob.Status.SENDING})),
    Step.RECHECK: (
        frozenset({ImportJob.Status.SENDING, ImportJob.Status.CHECKED, ImportJob.Status.PAUSED}),
        frozenset({ImportJob.Status.CHECKING}),
    ),
    Step.PAUSE: (frozenset({ImportJob.Status.SENDING}), frozenset({ImportJob.Status.PAUSED})),
    Step.LOSE: (
        frozenset({ImportJob.Status.SENDING, ImportJob.Status.PAUSED}),
        frozenset({ImportJob.Status.UNCONFIRMED}),
    ),
    Step.SETTLE: (frozenset({ImportJob.Status.UNCONFIRMED}), frozenset({ImportJob.Status.PAUSED})),
    Step.FINISH: (frozenset({ImportJob.Status.SENDING}), frozenset({ImportJob.Status.CHECKED})),
    Step.STOP: (
        frozenset({ImportJob.Status.SENDING, ImportJob.Status.PAUSED, ImportJob.Status.UNCONFIRMED}),
        frozenset({ImportJob.Status.CHECKED}),
    ),
    Step.DELETE: (DELETABLE, frozenset({ImportJob.Status.DELETED})),
    Step.RESTORE: (frozenset({ImportJob.Status.DELETED}), DELETABLE),
}


def step(import_job: ImportJob, what: Step, to: str, *only: Q, **values: Any) -> bool:
    """Make a step from the state that `of` was last seen in. True for whoever made it; `of` is read again either way.

    Where a turn is held, only its holder passes by `mine(of)` in `only`.
    """
    sources, targets = STEPS[what]
    if to not in targets:
        raise ValueError(f"{what.value} does not lead to {to}.")
    now = timezone.now()
    values = {
        "due_at": now,
        "problem": "",
        "tries": 0,
        "changed_at": now,
        "paused_by": None,
        "paused_at": now if to == ImportJob.Status.PAUSED else None,
        "lease_until": None,
        "lease_holder": None,
    } | values
    made = ImportJob.objects.filter(*only, pk=import_job.pk, status__in=sources).update(status=to, **values)
    import_job.refresh_from_db()
    return bool(made)


def mine(import_job: ImportJob) -> Q:
    """That the turn is still held as `of` holds it."""
    return Q(lease_holder=import_job.lease_holder) & Q(lease_holder__isnull=False)


def take_turn() -> ImportJob | None:
    """The next import that is due, for the caller alone until its turn runs out. None when there is none.

    Of a key one is sent at a time: what the API may take in a minute is the key's.
    """
    now = timezone.now()
    busy = ImportJob.objects.filter(_is_held(now), key=OuterRef("key"), status=ImportJob.Status.SENDING).exclude(
        pk=OuterRef("pk")
    )
    due = ImportJob.objects.filter(_is_due(now), IS_AT_WORK).order_by("due_at")
    # However many wait for one key, others come to their turn.
    due = due.exclude(Q(status=ImportJob.Status.SENDING) & Exists(busy))
    return next((found for found in due[:20] if begin_turn(found)), None)


def _is_held(now: datetime) -> Q:
    return Q(lease_until__gte=now, lease_until__lte=now + LONGEST)


def _is_due(now: datetime) -> Q:
    """Free, and its time has come. Times farther off than any that is set were set before the clock was set back."""
    is_free = Q(lease_until=None) | Q(lease_until__lt=now) | Q(lease_until__gt=now + LONGEST)
    return is_free & (Q(due_at__lte=now) | Q(due_at__gt=now + LONGEST))


def begin_turn(import_job: ImportJob) -> bool:
    """Hold the turn for `of` where nobody does."""
    now = timezone.now()
    with transaction.atomic():
        if import_job.status == ImportJob.Status.SENDING and _is_key_busy(import_job):
            return False
        free = ImportJob.objects.filter(_is_due(now), pk=import_job.pk, status=import_job.status)
        took = free.update(lease_holder=uuid4(), lease_until=now + TURN)
    if took:
        import_job.refresh_from_db()
    return bool(took)


def _is_key_busy(import_job: ImportJob) -> bool:
    """The key's row is locked, so that two of its imports never both find it free."""
    SavedKey.objects.select_for_update().filter(pk=import_job.key_id).first()
    others = ImportJob.objects.filter(_is_held(timezone.now()), key=import_job.key_id, status=ImportJob.Status.SENDING)
    return others.exclude(pk=import_job.pk).exists()


def keep_turn(import_job: ImportJob, length: timedelta = TURN) -> bool:
    """At every step of the work. False when somebody else goes on with it, or a person paused or stopped it."""
    until = timezone.now() + length
    return bool(
        ImportJob.objects.filter(mine(import_job), pk=import_job.pk, status=import_job.status).update(lease_until=until)
    )


def end_turn(import_job: ImportJob, **values: Any) -> None:
    """Leave the rest for later: `due_at`, and in `problem` why."""
    values = {"lease_holder": None, "lease_until": None} | values
    ImportJob.objects.filter(mine(import_job), pk=import_job.pk).update(**values)


def begin_sending(import_job: ImportJob, by: User, rows: int, *, one_row_first: bool) -> bool:
    """Send the good rows in the owner's name. False if its state or its owner changed since `of` was read."""
    is_owner = by.pk == import_job.owner_id
    with transaction.atomic():
        values: dict[str, Any] = {"continued_by": None if is_owner else by, "one_row_first": one_row_first}
        values["schema_changes"] = []
        begun = step(
            import_job,
            Step.SEND,
            ImportJob.Status.SENDING,
            Q(status=import_job.status, owner=import_job.owner_id),
            **values,
        )
        if begun:
            in_whose_name = {} if is_owner else {"owner": import_job.owner.email}
            record(Verb.IMPORT_SENT, by=by, target=import_job, label=import_job.label, rows=rows, **in_whose_name)
    return begun


def stop_sending(import_job: ImportJob, by: User, what: Step) -> bool:
    """A person pauses it, or stops it and keeps the rest. What is on the wire comes to its end."""
    to = ImportJob.Status.PAUSED if what is Step.PAUSE else ImportJob.Status.CHECKED
    values: dict[str, Any] = {"paused_by": by} if what is Step.PAUSE else {}
    with transaction.atomic():
        stopped = step(import_job, what, to, **values)
        if stopped:
            record(Verb.IMPORT_STOPPED, by=by, target=import_job, label=import_job.label, how=what.value)
    return stopped
