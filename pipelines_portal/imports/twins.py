"""Rows that equal another row of the file, or a task that was made from here before."""

from collections.abc import Iterable
from itertools import chain

from django.db import transaction
from django.db.models import QuerySet

from pipelines_portal.submissions.digest_keys import require_all
from pipelines_portal.submissions.models import SubmissionRow
from pipelines_portal.submissions.rows import RowText

from .checked_texts import ReadyRow
from .counts import keep_counts
from .models import Import, RowState
from .transitions import hold_mine

LOOKED_UP_AT_ONCE = 1_000
MAY_EXIST = (SubmissionRow.State.CREATED, SubmissionRow.State.UNKNOWN)


def sent_before(of: Import, digests: Iterable[str]) -> dict[str, SubmissionRow]:
    """The newest row in the ledger that has each digest, of those sent to the same workflow with the same key.

    What this very import sent is not counted. Raises SentUnderMissingKey.
    """
    require_all()
    wanted, found = list(dict.fromkeys(digests)), dict[str, SubmissionRow]()
    for start in range(0, len(wanted), LOOKED_UP_AT_ONCE):
        rows = _sent(of).filter(digest__in=wanted[start : start + LOOKED_UP_AT_ONCE]).order_by("pk")
        found |= {row.digest: row for row in rows}
    # Looked at on both sides: meanwhile one may have written under a key that is not known here, or retired one.
    require_all()
    return found


def hold_back_twins(of: Import, rows: list[ReadyRow], texts: list[RowText]) -> bool:
    """Rows that were sent by another import, or by a form, since they were checked wait for a person after all.

    Raises Undecryptable.
    """
    asked = {row.number: text.digests for row, text in zip(rows, texts, strict=True) if not row.is_wanted_twice}
    sent = sent_before(of, chain.from_iterable(asked.values()))
    twins = {number: first_of(digests, sent) for number, digests in asked.items()}
    equal = {number: twin for number, twin in twins.items() if twin}
    with transaction.atomic():
        if not equal or not hold_mine(of):
            return False
        for number, twin in equal.items():
            ready = of.rows.filter(generation=of.generation, number=number, state=RowState.READY)
            ready.update(state=RowState.TWICE, same_as_task=twin.task_id)
        keep_counts(of)
    return True


def first_of(digests: Iterable[str], sent: dict[str, SubmissionRow]) -> SubmissionRow | None:
    """The row that was sent, under whichever of the keys it is known."""
    return next((sent[digest] for digest in digests if digest in sent), None)


def _sent(of: Import) -> QuerySet[SubmissionRow]:
    place = {"submission__workflow_id": of.workflow_id, "submission__key": of.key_id}
    return SubmissionRow.objects.filter(state__in=MAY_EXIST, **place).exclude(submission__import_request__of=of.pk)
