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
from pipelines_portal.entry.models import IS_AT_WORK, Import, State
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


DELETABLE = frozenset({State.READING, State.UNREADABLE, State.MATCHING, State.CHECKING, State.CHECKED, State.PAUSED})
# From which states, to which.
STEPS: dict[Step, tuple[frozenset[str], frozenset[str]]] = {
    Step.READ: (frozenset({State.READING}), frozenset({State.MATCHING, State.CHECKING})),
    Step.REFUSE: (frozenset({State.READING}), frozenset({State.UNREADABLE})),
    Step.REREAD: (frozenset({State.MATCHING, State.UNREADABLE}), frozenset({State.READING})),
    Step.MATCH: (frozenset({State.MATCHING}), frozenset({State.CHECKING})),
    Step.REMATCH: (frozenset({State.CHECKED}), frozenset({State.MATCHING})),
    Step.CHECK: (frozenset({State.CHECKING}), frozenset({State.CHECKED, State.MATCHING})),
    Step.SEND: (frozenset({State.CHECKED, State.PAUSED}), frozenset({State.SENDING})),
    Step.RECHECK: (frozenset({State.SENDING, State.CHECKED, State.PAUSED}), frozenset({State.CHECKING})),
    Step.PAUSE: (frozenset({State.SENDING}), frozenset({State.PAUSED})),
    Step.LOSE: (frozenset({State.SENDING, State.PAUSED}), frozenset({State.UNCERTAIN})),
    Step.SETTLE: (frozenset({State.UNCERTAIN}), frozenset({State.PAUSED})),
    Step.FINISH: (frozenset({State.SENDING}), frozenset({State.CHECKED})),
    Step.STOP: (frozenset({State.SENDING, State.PAUSED, State.UNCERTAIN}), frozenset({State.CHECKED})),
    Step.DELETE: (DELETABLE, frozenset({State.DELETED})),
    Step.RESTORE: (frozenset({State.DELETED}), DELETABLE),
}


def step(of: Import, what: Step, to: str, *only: Q, **values: Any) -> bool:
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
        "paused_at": now if to == State.PAUSED else None,
        "working_until": None,
        "worker": None,
    } | values
    made = Import.objects.filter(*only, pk=of.pk, state__in=sources).update(state=to, **values)
    of.refresh_from_db()
    return bool(made)


def mine(of: Import) -> Q:
    """That the turn is still held as `of` holds it."""
    return Q(worker=of.worker) & Q(worker__isnull=False)


def take_turn() -> Import | None:
    """The next import that is due, for the caller alone until its turn runs out. None when there is none.

    Of a key one is sent at a time: what the API may take in a minute is the key's.
    """
    now = timezone.now()
    busy = Import.objects.filter(_is_held(now), key=OuterRef("key"), state=State.SENDING).exclude(pk=OuterRef("pk"))
    due = Import.objects.filter(_is_due(now), IS_AT_WORK).order_by("due_at")
    # However many wait for one key, others come to their turn.
    due = due.exclude(Q(state=State.SENDING) & Exists(busy))
    return next((found for found in due[:20] if begin_turn(found)), None)


def _is_held(now: datetime) -> Q:
    return Q(working_until__gte=now, working_until__lte=now + LONGEST)


def _is_due(now: datetime) -> Q:
    """Free, and its time has come. Times farther off than any that is set were set before the clock was set back."""
    is_free = Q(working_until=None) | Q(working_until__lt=now) | Q(working_until__gt=now + LONGEST)
    return is_free & (Q(due_at__lte=now) | Q(due_at__gt=now + LONGEST))


def begin_turn(of: Import) -> bool:
    """Hold the turn for `of` where nobody does."""
    now = timezone.now()
    with transaction.atomic():
        if of.state == State.SENDING and _is_key_busy(of):
            return False
        free = Import.objects.filter(_is_due(now), pk=of.pk, state=of.state)
        took = free.update(worker=uuid4(), working_until=now + TURN)
    if took:
        of.refresh_from_db()
    return bool(took)


def _is_key_busy(of: Import) -> bool:
    """The key's row is locked, so that two of its imports never both find it free."""
    SavedKey.objects.select_for_update().filter(pk=of.key_id).first()
    others = Import.objects.filter(_is_held(timezone.now()), key=of.key_id, state=State.SENDING)
    return others.exclude(pk=of.pk).exists()


def keep_turn(of: Import, length: timedelta = TURN) -> bool:
    """At every step of the work. False when somebody else goes on with it, or a person paused or stopped it."""
    until = timezone.now() + length
    return bool(Import.objects.filter(mine(of), pk=of.pk, state=of.state).update(working_until=until))


def end_turn(of: Import, **values: Any) -> None:
    """Leave the rest for later: `due_at`, and in `problem` why."""
    values = {"worker": None, "working_until": None} | values
    Import.objects.filter(mine(of), pk=of.pk).update(**values)


def begin_sending(of: Import, by: User, rows: int, *, one_row_first: bool) -> bool:
    """Send the good rows in the owner's name. False if its state or its owner changed since `of` was read."""
    is_owner = by.pk == of.owner_id
    with transaction.atomic():
        values: dict[str, Any] = {"continued_by": None if is_owner else by, "one_row_first": one_row_first}
        values["schema_changes"] = []
        begun = step(of, Step.SEND, State.SENDING, Q(state=of.state, owner=of.owner_id), **values)
        if begun:
            in_whose_name = {} if is_owner else {"owner": of.owner.email}
            record(Verb.IMPORT_SENT, by=by, target=of, label=of.label, rows=rows, **in_whose_name)
    return begun


def stop_sending(of: Import, by: User, what: Step) -> bool:
    """A person pauses it, or stops it and keeps the rest. What is on the wire comes to its end."""
    to = State.PAUSED if what is Step.PAUSE else State.CHECKED
    values: dict[str, Any] = {"paused_by": by} if what is Step.PAUSE else {}
    with transaction.atomic():
        stopped = step(of, what, to, **values)
        if stopped:
            record(Verb.IMPORT_STOPPED, by=by, target=of, label=of.label, how=what.value)
    return stopped
