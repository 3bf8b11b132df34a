"""What is derived from the encryption keys, made anew when they were rotated."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction

from pipelines_portal.saved_keys.rotation import Outcome
from pipelines_portal.shared.in_batches import in_batches
from pipelines_portal.web.encryption import Undecryptable

from . import digest_keys
from .digests import digest_of
from .models import RowBlock, Submission, SubmissionRow
from .rows import CHUNK, fields_in, fields_of_rows, unpacked


def renew_digests(sender: object, **more: Any) -> tuple[str, Iterator[Counter[Outcome]]]:
    """Every row's digest under the first key. May be stopped and run again."""
    return "submission row: digest", _all_renewed()


def _all_renewed() -> Iterator[Counter[Outcome]]:
    for batch in in_batches(Submission.objects.filter(is_dropped=False).only("pk", "is_dropped", "row_count")):
        counts: Counter[Outcome] = Counter()
        left = _beside_those_of_one_row(batch, counts)
        yield counts
        yield from map(_renew_rows, left)


def _beside_those_of_one_row(batch: list[Submission], counts: Counter[Outcome]) -> list[Submission]:
    """What people send all day has one row, and is renewed many at once. Left are the others, and those that somebody
    writes just now.
    """
    single = [each.pk for each in batch if each.row_count == 1]
    rows = SubmissionRow.objects.filter(submission__in=single)
    texts = dict(RowBlock.objects.filter(submission__in=single).values_list("submission", "data"))
    made = [(row, digest) for row in rows if (digest := _digest_in(texts.get(row.submission_id)))]
    held = _write(single, made)
    busy = {row.submission_id for row, digest in made if row.digest != digest} - held
    counts.update(_outcome(row, digest) for row, digest in made if row.submission_id not in busy)
    return [each for each in batch if each.row_count != 1 or each.pk in busy]


def _digest_in(data: bytes | memoryview | None) -> str:
    """ "" of what cannot be opened: that is told of its block."""
    try:
        return digest_of(fields_in(unpacked(data))) if data else ""
    except Undecryptable:
        return ""


def _renew_rows(submission: Submission) -> Counter[Outcome]:
    """Batch by batch. What cannot be opened is told of its block; what goes meanwhile needs nothing."""
    counts, last = Counter[Outcome](), -1
    try:
        while batch := list(submission.rows.filter(index__gt=last)[:CHUNK]):
            last = batch[-1].index
            made = [(row, digest_of(fields)) for row, fields in fields_of_rows(submission, batch)]
            _write([submission.pk], made, is_patient=True)
            counts.update(_outcome(row, digest) for row, digest in made)
    except Undecryptable:
        pass
    return counts


def _outcome(row: SubmissionRow, digest: str) -> Outcome:
    return Outcome.UP_TO_DATE if row.digest == digest else Outcome.ROTATED


def _write(submissions: list[Any], made: list[tuple[SubmissionRow, str]], *, is_patient: bool = False) -> set[Any]:
    """As all who write rows, held by their submission: else of two one would be thrown out. Only where they still are
    as they were read. Of which submissions; without patience, those that somebody else holds are passed over.
    """
    other = [(digest, row.pk, row.digest, row.submission_id) for row, digest in made if digest != row.digest]
    if not other:
        return set()
    free = Submission.objects.select_for_update(no_key=True, skip_locked=not is_patient).filter(pk__in=submissions)
    with transaction.atomic():
        held = set(free.order_by().values_list("pk", flat=True))
        _update([values for *values, submission in other if submission in held])
        digest_keys.note_first_key()
    return held


def _update(values: list[list[Any]]) -> None:
    table, key, name = map(connection.ops.quote_name, (SubmissionRow._meta.db_table, "id", "digest"))
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {table} SET {name} = %s WHERE {key} = %s AND {name} = %s", values)  # noqa: S608 - names of our own


def begin_retiring(sender: object, **more: Any) -> None:
    digest_keys.begin_retiring()


def give_up_missing(sender: object, **more: Any) -> None:
    digest_keys.give_up_missing()


def missed(sender: object, **more: Any) -> int:
    return digest_keys.count_missing()


def retire(sender: object, **more: Any) -> int:
    return digest_keys.retire()
