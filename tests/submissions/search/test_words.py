"""Which words a text has, and the piece of a text around a word."""

import pytest

from pipelines_portal.submissions.search.excerpts import excerpt
from pipelines_portal.submissions.search.words import LONGEST_TEXT, words_in, words_of


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
    assert len(words_of({"text": "word " * LONGEST_TEXT})) == LONGEST_TEXT // 5


def test_a_piece_of_the_text_is_shown_around_the_word() -> None:
    parts = excerpt({"a": "nothing", "b": f"{'lead ' * 30}the Größe <b>matters</b> {'tail ' * 60}"}, ["gross"])
    marked = [part.text for part in parts if part.is_asked_for]
    assert marked == ["Größe"]
    assert "".join(part.text for part in parts).startswith("…")
    assert len("".join(part.text for part in parts)) < 200
