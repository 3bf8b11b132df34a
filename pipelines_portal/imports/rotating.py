"""What is derived from the encryption keys beside the rows of imports, made anew when they were rotated.

Whatever state an import is in: rows that were sent are compared with those that were not, as long as it is there.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from pipelines_portal.saved_keys.rotation import Outcome
from pipelines_portal.submissions.digest_keys import given_up_words, lost_since, note_first_key
from pipelines_portal.submissions.digests import digest_of
from pipelines_portal.submissions.rows import fields_in
from pipelines_portal.web.encryption import Undecryptable

from .checked_texts import read_texts
from .models import Import, ImportRow, State

BATCH = 1_000


def renew_digests(sender: object, **more: Any) -> tuple[str, Iterator[Counter[Outcome]]]:
    """Every row's digest under the first key. May be stopped and run again."""
    return "import row: digest", _all_renewed()


def _all_renewed() -> Iterator[Counter[Outcome]]:
    yield from map(_renew_rows, list(Import.objects.order_by("pk").values_list("pk", flat=True)))


def tell_given_up(sender: object, **more: Any) -> None:
    """Of what was checked before: whoever sends it is to know."""
    if lost := lost_since():
        standing = Import.objects.filter(state__in=(State.CHECKED, State.PAUSED, State.DELETED), problem="")
        standing.update(problem=given_up_words(lost))


def renew_carried(of: Import, generation: int) -> None:
    """Of rows that went out: a check, not yet at its end, has their digests as they were when it began, and whoever
    rotates the keys did not see them. Raises Undecryptable.
    """
    _renew(of, of.rows.filter(generation=generation, request__isnull=False))


def _renew_rows(pk: Any) -> Counter[Outcome]:
    """What cannot be opened is told of its block; an import that goes meanwhile needs nothing."""
    of = Import.objects.filter(pk=pk).first()
    try:
        return _renew(of, of.rows.filter(generation=of.generation)) if of else Counter()
    except Undecryptable:
        return Counter()


def _renew(of: Import, rows: QuerySet[ImportRow]) -> Counter[Outcome]:
    """Batch by batch. Raises Undecryptable."""
    counts, last = Counter[Outcome](), -1
    rows = rows.exclude(digest="").order_by("number")
    while batch := list(rows.filter(number__gt=last)[:BATCH]):
        last = batch[-1].number
        counts.update(_renewed(of, batch))
    return counts


def _renewed(of: Import, batch: list[ImportRow]) -> list[Outcome]:
    """A row that was changed meanwhile has a digest of the first key already. Whoever changes several holds the import,
    as is done here: else of two one would be thrown out.
    """
    texts = read_texts(of, [row.number for row in batch], batch[0].generation)
    made = {row: digest_of(fields_in(texts[row.number])) for row in batch if row.number in texts}
    other = [(row, digest) for row, digest in made.items() if digest != row.digest]
    if other:
        with transaction.atomic():
            Import.objects.select_for_update(no_key=True).filter(pk=of.pk).values_list("pk").first()
            for row, digest in other:
                ImportRow.objects.filter(pk=row.pk, digest=row.digest).update(digest=digest)
            note_first_key()
    return [Outcome.ROTATED] * len(other) + [Outcome.UP_TO_DATE] * (len(made) - len(other))
