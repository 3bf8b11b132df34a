"""The search index holds what was sent, all of it and nothing else."""

import random
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.outcomes import not_sent, unconfirmed
from pipelines_portal.submissions.search import queries
from pipelines_portal.submissions.search_words import LONGEST_TEXT
from tests.factories import GOOD, Desk, make_colleague, make_team, share_key
from tests.submissions.search.sending import count_entries, send_texts
from tests.submissions.search.test_search import all_pages, shown

chance = random.Random(1)
DISTINCT = " ".join(f"{number:05}" for number in range(LONGEST_TEXT // 6))
# No two pairs of signs are likely to be equal.
UNSPACED = "".join(map(chr, chance.choices(range(0x4E00, 0x9FFF), k=LONGEST_TEXT)))


@pytest.mark.parametrize(
    "text", [DISTINCT, pytest.param(UNSPACED, marks=pytest.mark.full)], ids=["distinct", "unspaced"]
)
def test_a_text_of_the_greatest_length_is_found_and_removed(desk: Desk, text: str) -> None:
    submission = send_texts(desk, f"Parcel {text}", "Parcel")
    assert len(shown(desk, "parcel")) == 2
    with transaction.atomic():
        submission.delete_rows()
    assert count_entries() == 0


def test_what_follows_the_greatest_length_is_not_indexed(desk: Desk) -> None:
    send_texts(desk, "x " * (LONGEST_TEXT // 2 - 10) + "parcel", "x " * (LONGEST_TEXT // 2) + "parcel")
    assert len(shown(desk, "parcel")) == 1


@pytest.mark.parametrize("remove", [Submission.delete_rows, Submission.drop_values])
def test_many_rows_are_found_and_leave_no_entry(desk: Desk, remove: Any) -> None:
    submission = send_texts(desk, *(f"Parcel {number:04}" for number in range(1_100)))
    send_texts(desk, "Letter")
    assert count_entries() == 1_101
    assert shown(desk, "parcel 0000") == ["Parcel 0000"]
    with transaction.atomic():
        remove(submission)
    assert count_entries() == 1
    assert shown(desk, "parcel") == []
    assert shown(desk, "letter") == ["Letter"]


def test_a_transaction_that_fails_changes_no_entry(desk: Desk) -> None:
    submission, _ = send_texts(desk, "Parcel"), send_texts(desk, "Parcel too")
    draft = desk.draft({"input_text": "Parcel three"})
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        submission.delete_rows()
        assert draft.claim(0, until=None)
        raise ZeroDivisionError
    assert shown(desk, "parcel") == ["Parcel too", "Parcel"]
    assert count_entries() == 2
    draft.refresh_from_db()
    assert draft.claim(0, until=None)
    draft.record(unconfirmed("The answer was lost."))
    assert shown(desk, "parcel") == ["Parcel three", "Parcel too", "Parcel"]


def test_sending_again_adds_who_may_find_it(desk: Desk) -> None:
    submission = desk.draft({"input_text": "Parcel"})
    assert submission.claim(0, until=None)
    submission.record(not_sent("The API is away."))
    team = make_team(desk.person)
    share_key(desk.key, team)
    assert submission.claim(0, until=None)
    assert submission.search_who == f"p{desk.person.pk} k{desk.key.pk} t{team.pk}"
    assert Submission.objects.get().search_who == submission.search_who
    assert count_entries() == 1


def test_older_rows_follow_those_that_are_looked_at_first(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """On PostgreSQL."""
    monkeypatch.setattr(queries, "LOOKED_AT_FIRST", 3)
    texts = [f"Parcel {number}" if number % 2 else f"Parcels {number}" for number in range(80)]
    send_texts(desk, *texts)
    assert all_pages(desk, "parcel") == texts[::-1]


def test_what_one_person_sent_is_found_among_much_else(desk: Desk) -> None:
    colleague = make_colleague()
    share_key(desk.key, colleague)
    send_texts(desk, "Parcel of a colleague", by=colleague)
    send_texts(desk, *(f"Parcel {number}" for number in range(60)))
    assert shown(desk, "parcel", sent=colleague.email) == ["Parcel of a colleague"]
    assert len(shown(desk, "parcel", sent="me")) == 50


def test_what_a_restore_says_may_have_been_sent_is_found(desk: Desk) -> None:
    """It was never claimed in the restored database, which adds rows to the search."""
    submission = desk.draft(GOOD | {"input_text": "Parcel 7"})
    Submission.objects.all().unconfirm_restored(timezone.now(), {})
    assert len(shown(desk, "parcel")) == 1
    with transaction.atomic():
        Submission.objects.get(pk=submission.pk).delete_rows()
    assert count_entries() == 0
