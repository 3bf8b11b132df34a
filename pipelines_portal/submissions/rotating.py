"""What is derived from the encryption keys, made anew when they were rotated."""

from collections import Counter
from typing import Any

from pipelines_portal.saved_keys.rotation import Outcome
from pipelines_portal.web.encryption import Undecryptable

from . import digest_keys
from .digests import digest_of
from .models import Submission, SubmissionRow
from .rows import CHUNK, fields_of_rows


def renew_digests(sender: object, **more: Any) -> tuple[str, Counter[Outcome]]:
    """Every row's digest under the first key. May be stopped and run again."""
    counts: Counter[Outcome] = Counter()
    # Read whole: SQLite refuses to write while another has written since an open reading began.
    for submission in list(Submission.objects.order_by("pk").only("pk")):
        counts += _renew_rows(submission)
    return "submission row: digest", counts


def _renew_rows(submission: Submission) -> Counter[Outcome]:
    """What cannot be opened is told of its block."""
    counts: Counter[Outcome] = Counter()
    changed: list[SubmissionRow] = []
    try:
        for row, fields in fields_of_rows(submission, submission.rows.iterator(CHUNK)):
            digest = digest_of(fields)
            counts[Outcome.UP_TO_DATE if digest == row.digest else Outcome.ROTATED] += 1
            if digest != row.digest:
                row.digest = digest
                changed.append(row)
    except Undecryptable:
        pass
    SubmissionRow.objects.bulk_update(changed, ["digest"], CHUNK)
    return counts


def begin_retiring(sender: object, **more: Any) -> None:
    digest_keys.begin_retiring()


def give_up_missing(sender: object, **more: Any) -> None:
    digest_keys.give_up_missing()


def retire(sender: object, **more: Any) -> int:
    return digest_keys.retire()
