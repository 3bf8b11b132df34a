"""Rows with words as in a language, in any number: some words are in many rows, most are rare."""

import random
from collections.abc import Iterator
from itertools import accumulate
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.core.json_text import json_text
from pipelines_portal.submissions.models import NewRow, Submission, SubmissionRow, place_of
from pipelines_portal.submissions.search_index import marks_of, replace_entries

from .people import WORKFLOW, make_keys, open_workflows

SENDERS, BATCH, WORDS_A_ROW = 20, 5_000, 12
chance = random.Random(1)
SYLLABLES = [first + second for first in "bdfgklmnprstvz" for second in "aeiou"]
VOCABULARY = ["".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) for _ in range(20_000)]
WEIGHTS = list(accumulate(1 / (rank + 1) for rank in range(len(VOCABULARY))))


def make_searchers() -> dict[str, User]:
    """Make people who search, by what they may see; and those who send with the owner's key."""
    owner, stranger = (User.objects.create_user(f"{name}@acme.example") for name in ("owner", "stranger"))
    senders = User.objects.bulk_create(User(email=f"sender{number}@acme.example") for number in range(SENDERS))
    [key] = make_keys(owner, [f"pk_live_{0:040x}"])
    open_workflows(key, [WORKFLOW])
    return {"the owner of the key": owner, "a sender of 1 row in 40": senders[0], "a stranger": stranger}


def add_searchable_rows(owner: User, first: int, end: int) -> Iterator[Submission]:
    """Store rows with these numbers, which the search index has not yet. Every other submission is the owner's."""
    senders = list(User.objects.filter(email__startswith="sender").order_by("pk"))
    workflow = owner.saved_keys.get().workflows.get()
    for start in range(first, end, BATCH):
        number, now = start // BATCH, timezone.now()
        sender = owner if number % 2 else senders[number // 2 % SENDERS]
        with transaction.atomic():
            batch = Submission.objects.create(
                owner=sender,
                token=uuid4(),
                kind=Submission.Kind.IMPORT,
                **place_of(workflow),
                status="created",
                sent_at=now,
            )
            batch.add_rows(NewRow(json_text(_row(n)), f"{n:064x}") for n in range(start, min(start + BATCH, end)))
            batch.rows.update(status=SubmissionRow.Status.CREATED)
        yield batch


def index_rows(submission: Submission) -> None:
    """Let the rows be found by the sender and the owner of the key. Call in a transaction."""
    submission.search_who = marks_of("", submission.owner_id, submission.key_id, [])
    rows = submission.rows.order_by("index").values_list("pk", "fields")
    replace_entries(((pk, fields or {}) for pk, fields in rows), "", submission.search_who)
    submission.save(update_fields=["search_who"])


def _row(number: int) -> dict[str, str]:
    text = " ".join(chance.choices(VOCABULARY, cum_weights=WEIGHTS, k=WORDS_A_ROW))
    return {"input_text": f"{text} order{number:07}", "target_language": "German" if number % 2 else "French"}


def words_asked(rows: int) -> dict[str, dict[str, str]]:
    """Return what is searched for in so many rows, by the kind of question and by what it is."""
    common, oldest, newest = VOCABULARY[:6], "order0000000", f"order{rows - 1:07}"
    return {
        "words": {
            "the newest row's own": newest,
            "the oldest row's own": oldest,
            "the most common": common[0],
            "a rare one": VOCABULARY[-1],
            "one that no row has": "qqqqqqqq",
            "two common ones": " ".join(common[:2]),
            "a common one and the oldest row's": f"{common[0]} {oldest}",
            "a common one and one that no row has": f"{common[0]} qqqqqqqq",
        },
        "many words": {
            "five common ones": " ".join(common[:5]),
            "two that halve the rows": "French German",
            "of the oldest and of the newest row": f"{common[0]} {oldest} {common[1]} {newest}",
        },
        "beginnings": {
            "three letters of a common one": common[2][:3],
            "four letters of a common one": common[2][:4],
            "five letters in every row": "order",
            "four letters in every row": "orde",
            "six letters in every row": "order0",
            "of a word in half of the rows": "germa",
            "two in every row": "order0 ord",
        },
    }
