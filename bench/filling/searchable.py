"""Rows with words as in a language: some words are in many rows, most are rare."""

import random
from collections.abc import Iterator
from uuid import uuid4

from django.db import transaction

from pipelines_portal.accounts.models import User
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.submissions.drafts import save_draft
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.search_index import index_rows
from pipelines_portal.workflows.models import OpenedWorkflow

from .people import PASSWORD, WORKFLOW, make_keys, open_workflows

# The first has the key of all rows, the second a key with a tenth as many.
MANY, FEW = "many@acme.example", "few@acme.example"
SENDERS, BATCH, WORDS_A_ROW = 20, 5_000, 12
chance = random.Random(1)
SYLLABLES = [first + second for first in "bdfgklmnprstvz" for second in "aeiou"]
VOCABULARY = ["".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) for _ in range(20_000)]
WEIGHTS = [1 / (rank + 1) for rank in range(len(VOCABULARY))]


def make_searchable_rows(count: int) -> dict[str, str]:
    """Return what is searched for, by a description."""
    owner, few = (User.objects.create_user(email, PASSWORD) for email in (MANY, FEW))
    senders = [owner, *(User.objects.create_user(f"sender{number}@acme.example") for number in range(SENDERS))]
    keys = [make_keys(person, [f"pk_live_{person.pk:040x}"])[0] for person in (owner, few)]
    opened = [open_workflows(key, [WORKFLOW])[0] for key in keys]
    for first in range(0, count // 10, BATCH):
        _send(few, keys[1], opened[1], first, min(BATCH, count // 10 - first))
    for number, first in enumerate(range(0, count, BATCH)):
        # The owner sent half of the rows.
        sender = owner if number % 2 else senders[1 + number // 2 % SENDERS]
        _send(sender, keys[0], opened[0], first, min(BATCH, count - first))
    common = VOCABULARY[:6]
    return {
        "the newest row": f"order{count - 1:07}",
        "the oldest row": "order0000000",
        "the beginning of a word of every row": "order",
        "the most common word": common[0],
        "five common words": " ".join(common[:5]),
        "a common word and the oldest row": f"{common[0]} order0000000",
        "a rare word": VOCABULARY[-1],
        "three letters": common[2][:3],
        "words that no row has together": f"{common[0]} order0000000 {common[1]} order{count - 1:07}",
        "a word that no row has": "qqqqqqqq",
    }


def _send(sender: User, key: SavedKey, workflow: OpenedWorkflow, first: int, count: int) -> None:
    batch = save_draft(sender, key, workflow, _rows(first, count), uuid4(), Submission.Kind.IMPORT)
    Submission.objects.filter(pk=batch.pk).update(state=Submission.State.DONE)
    batch.refresh_from_db()
    with transaction.atomic():
        index_rows(batch, [])


def _rows(first: int, count: int) -> Iterator[dict[str, str]]:
    for number in range(first, first + count):
        text = " ".join(chance.choices(VOCABULARY, WEIGHTS, k=WORDS_A_ROW))
        yield {"input_text": f"{text} order{number:07}", "target_language": "French"}
