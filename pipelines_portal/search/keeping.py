"""Keeping words in the index: of what was sent, by the worker; away with them when what was sent goes.

All of it may be stopped anywhere and run again, and run twice at once.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from django.conf import settings
from django.db import connection, transaction
from django.db.models import BigIntegerField, Q, QuerySet

from pipelines_portal.fields.base import FieldValues
from pipelines_portal.shared.among import Among
from pipelines_portal.shared.prepared import Given, prepared
from pipelines_portal.submissions.digest_keys import note_first_key
from pipelines_portal.submissions.models import RowBlock, Submission
from pipelines_portal.submissions.rows import fields_of_rows
from pipelines_portal.web.encryption import Undecryptable

from .models import Sender, Word
from .tokens import tokens_of
from .words import words_of

SETTLED = (Submission.State.DONE, Submission.State.PARTLY, Submission.State.REJECTED, Submission.State.UNKNOWN)
_may_be_found = Q(is_dropped=False, state__in=SETTLED)
PAIRS_AT_ONCE = 400
WAITING_LOOKED_AT = 200
Pair = tuple[int, int]


def keep_next() -> bool:
    """Make what was settled last, and has no words yet, be found. Whether there was one."""
    submission = _waiting().first()
    if submission is None:
        return False
    keep_words(submission)
    return True


@prepared(user=BigIntegerField())
def behind(user: Given) -> QuerySet[Submission, int]:
    """Something where what they may see has no words yet: among the newest that wait, for there may be many."""
    newest = _waiting().values("pk")[:WAITING_LOOKED_AT]
    return (
        Submission.objects.visible_to(user)
        .filter(Among("pk", newest))
        .order_by()
        .values_list("row_count", flat=True)[:1]
    )


def _waiting() -> QuerySet[Submission]:
    return Submission.objects.filter(_may_be_found, has_words=False).order_by("-created_at")


def keep_words(submission: Submission) -> None:
    """Block by block, so that nobody waits long for the database."""
    _list_sender(submission)
    for block in list(submission.blocks.defer("data")):
        with transaction.atomic():
            is_there = Submission.objects.select_for_update().filter(_may_be_found, pk=submission.pk).exists()
            if not is_there:
                return
            _insert(_pairs(submission, block, settings.ENCRYPTION_KEYS[:1]))
    with transaction.atomic():
        # Whoever rotates the keys renews what has words already, or hears that this key is in use.
        Submission.objects.filter(_may_be_found, pk=submission.pk).update(has_words=True)
        note_first_key()


def forget_words(submission: Submission) -> None:
    """Call in the transaction that removes or replaces what is kept of its rows, before it does."""
    for block in list(submission.blocks.defer("data")):
        _delete(_pairs(submission, block, settings.ENCRYPTION_KEYS))
    Submission.objects.filter(pk=submission.pk).update(has_words=False)


def renew_words(submission: Submission) -> bool:
    """Under the first of ENCRYPTION_KEYS alone. Whether any were not."""
    changed = 0
    for block in list(submission.blocks.defer("data")):
        with transaction.atomic():
            # Whose time is over meanwhile has none, and gets none again.
            has_words = Submission.objects.select_for_update(no_key=True).filter(pk=submission.pk, has_words=True)
            if not has_words.exists():
                return changed > 0
            changed += _delete(_pairs(submission, block, settings.ENCRYPTION_KEYS[1:]))
            changed += _insert(_pairs(submission, block, settings.ENCRYPTION_KEYS[:1]))
    return changed > 0


def _list_sender(submission: Submission) -> None:
    if submission.key_id is not None:
        Sender.objects.get_or_create(key_id=submission.key_id, person_id=submission.owner_id)


def _pairs(submission: Submission, block: RowBlock, keys: list[str]) -> list[Pair]:
    """Token and row, in the order in which databases like to get them."""
    words = [(row_id, words_of(fields)) for row_id, fields in _rows(submission, block)]
    return sorted(
        (token, row_id) for row_id, said in words for key in keys for token in tokens_of(submission.owner_id, said, key)
    )


def _rows(submission: Submission, block: RowBlock) -> Iterator[tuple[int, FieldValues]]:
    """None of a block that can no longer be opened: nobody can look into it."""
    rows = submission.rows.filter(index__gte=block.first, index__lt=block.first + block.row_count)
    try:
        for row, fields in fields_of_rows(submission, list(rows)):
            yield row.pk, fields
    except Undecryptable:
        return


def _insert(pairs: Iterable[Pair]) -> int:
    """How many were not there. An object of a model for each would take ten times as long."""
    return sum(
        _execute(f"INSERT INTO {_table()} (token, row_id) VALUES {_places(some)} ON CONFLICT DO NOTHING", some)  # noqa: S608 - a name of our own
        for some in _parts(pairs)
    )


def _delete(pairs: Iterable[Pair]) -> int:
    """How many there were."""
    return sum(
        _execute(f"DELETE FROM {_table()} WHERE (token, row_id) IN (VALUES {_places(some)})", some)  # noqa: S608 - as above
        for some in _parts(pairs)
    )


def _places(pairs: list[Pair]) -> str:
    return ",".join(["(%s,%s)"] * len(pairs))


def _parts(pairs: Iterable[Pair]) -> Iterator[list[Pair]]:
    rest = iter(pairs)
    while some := list(islice(rest, PAIRS_AT_ONCE)):
        yield some


def _execute(statement: str, pairs: list[Pair]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, [number for pair in pairs for number in pair])
        return int(cursor.rowcount)


def _table() -> str:
    return connection.ops.quote_name(Word._meta.db_table)
