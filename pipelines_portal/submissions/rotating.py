"""What is derived from the encryption keys, made anew when they were rotated."""

from collections import Counter
from typing import Any

from pipelines_portal.saved_keys.rotation import Outcome
from pipelines_portal.web.encryption import Undecryptable

from .digests import digest_of
from .models import SubmissionRow
from .rows import CHUNK, fields_of


def renew_digests(sender: object, **more: Any) -> tuple[str, Counter[Outcome]]:
    """Every row's digest under the first key. May be stopped and run again."""
    counts: Counter[Outcome] = Counter()
    changed: list[SubmissionRow] = []
    for row in SubmissionRow.objects.order_by("pk").only("payload", "digest").iterator(CHUNK):
        if outcome := _renew(row, changed):
            counts[outcome] += 1
        if len(changed) >= CHUNK:
            SubmissionRow.objects.bulk_update(changed, ["digest"])
            changed.clear()
    SubmissionRow.objects.bulk_update(changed, ["digest"])
    return "submission row: digest", counts


def _renew(row: SubmissionRow, changed: list[SubmissionRow]) -> Outcome | None:
    """None for a row that cannot be opened: that is told of its payload."""
    try:
        digest = digest_of(fields_of(row))
    except Undecryptable:
        return None
    if digest == row.digest:
        return Outcome.UP_TO_DATE
    row.digest = digest
    changed.append(row)
    return Outcome.ROTATED
