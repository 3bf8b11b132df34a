"""Candidates of any words and streams: all there are, newest first, none twice, some at a time."""

from random import Random
from typing import Any

import pytest

from pipelines_portal.search import candidates as index
from pipelines_portal.search.candidates import NEWEST, Question, Stream, candidates
from pipelines_portal.search.models import Word

pytestmark = pytest.mark.django_db


def pages(streams: list[Stream], most: int) -> list[int]:
    """All that come, page by page."""
    found: list[int] = []
    before = NEWEST
    while before:
        (page,) = candidates([Question(streams, before)], most)
        found += page.row_ids
        before = page.looked_down_to
    return found


@pytest.mark.parametrize("at_once", [1, 2, 100])
@pytest.mark.parametrize("seed", range(6))
def test_all_come_page_by_page_whatever_number_of_streams(at_once: int, seed: int, monkeypatch: Any) -> None:
    for name, value in {"STREAMS_AT_ONCE": at_once, "LOOKED_AT": 12, "FEWEST_LOOKED_AT": 3, "COMMON": 5}.items():
        monkeypatch.setattr(index, name, value)
    chance = Random(seed)
    held = {(token, row) for row in range(1, 60) for token in chance.sample(range(-8, 8), 6)}
    Word.objects.bulk_create(Word(token=token, row_id=row) for token, row in held)
    streams = [chance.sample(range(-9, 9), chance.choice([1, 2, 3])) for _ in range(5)]
    right = {row for row in range(1, 60) for stream in streams if all((token, row) in held for token in stream)}
    assert pages(streams, most=7) == sorted(right, reverse=True)


@pytest.mark.parametrize("at_once", [1, 100])
def test_each_question_gets_its_own_answer(at_once: int, monkeypatch: Any) -> None:
    monkeypatch.setattr(index, "STREAMS_AT_ONCE", at_once)
    Word.objects.bulk_create(Word(token=token, row_id=row) for token in (1, 2) for row in range(token, 9, token))
    asked = [Question([[2]]), Question([[1]], 4), Question([]), Question([[1, 2], [7]])]
    assert [found.row_ids for found in candidates(asked, 10)] == [[8, 6, 4, 2], [3, 2, 1], [], [8, 6, 4, 2]]
