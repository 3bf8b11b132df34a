"""Which words a text has, and that the index holds none of them."""

import pytest
from django.db import connection

from pipelines_portal.search.excerpts import excerpt
from pipelines_portal.search.models import Word
from pipelines_portal.search.words import MOST_WORDS, words_in, words_of
from tests.factories import Desk, open_desk
from tests.fake_api import FakeApi
from tests.search.sending import send_texts


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Übergrößen, café!", ["ubergrossen", "cafe"]),
        ("e\u0301te\u0301", ["ete"]),
        ("INV-2024_000123 (a)", ["inv", "2024", "000123", "a"]),
        ("ﬁne Ⅳ", ["fine", "iv"]),
        ("東京都 Tokyo", ["東京", "京都", "tokyo"]),
        ("犬", ["犬"]),
        ("x" * 500, ["x" * 64]),
        ("\0 … —", []),
    ],
)
def test_words_are_folded(text: str, words: list[str]) -> None:
    assert list(words_in(text)) == words


def test_words_of_a_row_are_those_of_its_values_whatever_shape_they_have() -> None:
    fields = {"ignored_name": "One", "n": 12.5, "list": ["two", {"deep": "three"}], "no": None, "yes": True}
    assert words_of(fields) == ["one", "12", "5", "two", "three"]
    assert len(words_of({"text": " ".join(f"w{n}" for n in range(5000))})) == MOST_WORDS


def test_a_piece_of_the_text_is_shown_around_the_word() -> None:
    parts = excerpt({"a": "nothing", "b": f"{'lead ' * 30}the Größe <b>matters</b> {'tail ' * 60}"}, ["gross"])
    marked = [part.text for part in parts if part.is_asked_for]
    assert marked == ["Größe"]
    assert "".join(part.text for part in parts).startswith("…")
    assert len("".join(part.text for part in parts)) < 200


def test_the_index_holds_no_word(desk: Desk) -> None:
    send_texts(desk, "Confidential merger")
    with connection.cursor() as cursor:
        cursor.execute("SELECT token, row_id FROM search_word")
        kept = cursor.fetchall()
    assert len(kept) > 5
    assert all(isinstance(number, int) for pair in kept for number in pair)


def test_two_people_with_one_word_have_no_token_in_common(desk: Desk, api: FakeApi) -> None:
    other_desk = open_desk(api, "paul@acme.example")
    first, second = send_texts(desk, "Zanzibar"), send_texts(other_desk, "Zanzibar")
    tokens = [
        set(Word.objects.filter(row_id__in=each.rows.values("pk")).values_list("token", flat=True))
        for each in (first, second)
    ]
    assert len(tokens[0]) == len(tokens[1]) > 0
    assert not tokens[0] & tokens[1]
