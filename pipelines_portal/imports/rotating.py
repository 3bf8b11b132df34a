"""What is derived from the encryption keys beside the rows of imports, made anew when they were rotated.

Whatever state an import is in: rows that were sent are compared with those that were not, as long as it is there.
"""

from collections import Counter
from typing import Any

from django.db import transaction

from pipelines_portal.saved_keys.rotation import Outcome
from pipelines_portal.submissions.digest_keys import given_up_words, lost_since
from pipelines_portal.submissions.digests import digest_of
from pipelines_portal.submissions.rows import fields_in
from pipelines_portal.web.encryption import Undecryptable

from .checked_texts import read_texts
from .models import Import, ImportRow, State

BATCH = 1_000


def renew_digests(sender: object, **more: Any) -> tuple[str, Counter[Outcome]]:
    """Every row's digest under the first key. May be stopped and run again."""
    counts: Counter[Outcome] = Counter()
    for of in list(Import.objects.order_by("pk").only("pk")):
        counts += _renew_rows(of.pk)
    return "import row: digest", counts


def tell_given_up(sender: object, **more: Any) -> None:
    """Of what was checked before: whoever sends it is to know."""
    if lost := lost_since():
        standing = Import.objects.filter(state__in=(State.CHECKED, State.PAUSED), problem="")
        standing.update(problem=given_up_words(lost))


def _renew_rows(pk: Any) -> Counter[Outcome]:
    """Batch by batch. What cannot be opened is told of its block; an import that goes meanwhile needs nothing."""
    counts: Counter[Outcome] = Counter()
    of, last = Import.objects.filter(pk=pk).first(), -1
    try:
        while of and (batch := _batch(of, last)):
            last = max(batch)
            counts.update(_renewed(of, batch))
    except Undecryptable:
        pass
    return counts


def _batch(of: Import, after: int) -> dict[int, str]:
    """Digests by the rows' numbers."""
    rows = of.rows.filter(generation=of.generation, number__gt=after).exclude(digest="").order_by("number")
    return dict(rows.values_list("number", "digest")[:BATCH])


def _renewed(of: Import, batch: dict[int, str]) -> list[Outcome]:
    """A row that was changed meanwhile has a digest of the first key already."""
    made = {number: digest_of(fields_in(text)) for number, text in read_texts(of, list(batch)).items()}
    other = {number: digest for number, digest in made.items() if digest != batch[number]}
    with transaction.atomic():
        for number, digest in other.items():
            as_read = ImportRow.objects.filter(of=of, generation=of.generation, number=number, digest=batch[number])
            as_read.update(digest=digest)
    return [Outcome.ROTATED if number in other else Outcome.UP_TO_DATE for number in made]
