"""A new draft out of the rows that were rejected."""

from itertools import islice
from uuid import uuid5

from django.db import transaction

from .models import Submission, SubmissionRow
from .rows import CHUNK

COPIED = ("owner", "key", "key_name", "key_last4", "workflow_id", "workflow_name", "kind")


def draft_of_rejected(submission: Submission) -> Submission:
    """The draft with the rejected rows only; asked for twice, it is made once."""
    values = {name: getattr(submission, name) for name in COPIED}
    token = uuid5(submission.pk, "rejected rows")
    with transaction.atomic():
        draft, made = Submission.objects.get_or_create(owner=submission.owner, token=token, defaults=values)
        if made:
            _copy_rejected(submission, draft)
    return draft


def _copy_rejected(source: Submission, draft: Submission) -> None:
    """Payloads go over as they are, encrypted, a chunk at a time."""
    rejected = source.rows.filter(state=SubmissionRow.State.REJECTED)
    payloads = enumerate(rejected.values_list("payload", flat=True).iterator(CHUNK))
    count = 0
    while chunk := [SubmissionRow(submission=draft, index=n, payload=data) for n, data in islice(payloads, CHUNK)]:
        count += len(SubmissionRow.objects.bulk_create(chunk))
    Submission.objects.filter(pk=draft.pk).update(row_count=count)
    draft.row_count = count
