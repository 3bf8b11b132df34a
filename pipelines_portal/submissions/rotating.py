"""What is derived from the encryption keys, made anew when they were rotated."""

from collections import Counter
from typing import Any

from django.db import connection, transaction

from pipelines_portal.saved_keys.rotation import Outcome
from pipelines_portal.shared.one_by_one import one_by_one
from pipelines_portal.web.encryption import Undecryptable

from . import digest_keys
from .digests import digest_of
from .models import Submission, SubmissionRow
from .rows import CHUNK, fields_of_rows


def renew_digests(sender: object, **more: Any) -> tuple[str, Counter[Outcome]]:
    """Every row's digest under the first key. May be stopped and run again."""
    counts: Counter[Outcome] = Counter()
    for submission in one_by_one(Submission.objects.filter(is_dropped=False).only("pk", "is_dropped")):
        counts += _renew_rows(submission)
    return "submission row: digest", counts


def _renew_rows(submission: Submission) -> Counter[Outcome]:
    """Batch by batch. What cannot be opened is told of its block; what goes meanwhile needs nothing."""
    counts, last = Counter[Outcome](), -1
    try:
        while batch := list(submission.rows.filter(index__gt=last)[:CHUNK]):
            last = batch[-1].index
            counts.update(_renewed(submission, batch))
    except Undecryptable:
        pass
    return counts


def _renewed(submission: Submission, batch: list[SubmissionRow]) -> list[Outcome]:
    made = [(row, digest_of(fields)) for row, fields in fields_of_rows(submission, batch)]
    other = [(row, digest) for row, digest in made if digest != row.digest]
    if other:
        _write(submission, other)
    return [Outcome.ROTATED] * len(other) + [Outcome.UP_TO_DATE] * (len(made) - len(other))


def _write(submission: Submission, other: list[tuple[SubmissionRow, str]]) -> None:
    """As all who write rows, held by the submission: else of two one would be thrown out. Only where they still are as
    they were read.
    """
    table, key, name = map(connection.ops.quote_name, (SubmissionRow._meta.db_table, "id", "digest"))
    with transaction.atomic():
        Submission.objects.select_for_update(no_key=True).filter(pk=submission.pk).values_list("pk").first()
        with connection.cursor() as cursor:
            cursor.executemany(
                f"UPDATE {table} SET {name} = %s WHERE {key} = %s AND {name} = %s",  # noqa: S608 - names of our own
                [(digest, row.pk, row.digest) for row, digest in other],
            )
        digest_keys.note_first_key()


def begin_retiring(sender: object, **more: Any) -> None:
    digest_keys.begin_retiring()


def give_up_missing(sender: object, **more: Any) -> None:
    digest_keys.give_up_missing()


def retire(sender: object, **more: Any) -> int:
    return digest_keys.retire()
