"""Which words a text has, how a term may be spelled, and what is shown of a value that has it."""

import pytest

from pipelines_portal.submissions.search.excerpts import marked_text, matches
from pipelines_portal.submissions.search_words import LONGEST_TEXT, terms_in, words_of
from pipelines_portal.workflows.fields.reading.words import words_in


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


def marked(text: str, asked: str) -> str:
    return "".join(f"[{part.text}]" if part.is_match else part.text for part in marked_text(text, terms_in(asked)))


def test_a_piece_of_the_value_is_shown_around_the_word() -> None:
    fields = {"a": "nothing", "b": f"{'lead ' * 30}the Größe <b>matters</b> {'tail ' * 60}"}
    [match] = matches(fields, terms_in("gross"))
    shown = "".join(part.text for part in match.parts)
    assert (match.name, [part.text for part in match.parts if part.is_match]) == ("b", ["Größe"])
    assert shown.startswith("…") and len(shown) < 200


def test_values_are_told_for_terms_that_the_text_does_not_show() -> None:
    fields = {"subject": "Broken parcel", "value": 1240.5, "more": "parcel 5"}
    assert [match.name for match in matches(fields, terms_in("parcel 1240.5"), "Broken parcel")] == ["value"]
    assert matches(fields, terms_in("parcel"), "Broken parcel") == []
    split = matches({"amount": 1240, "urgency": 5}, terms_in("1240.5"))
    assert [match.name for match in split] == ["amount", "urgency"]


@pytest.mark.parametrize(
    ("text", "asked", "expected"),
    [
        ("1240.5 and 1240, 5", "1240.5", "[1240.5] and [1240, 5]"),
        ("at 23:51:00, 5 of 12400", "1240.5", "at 23:51:00, 5 of 12400"),
        ("paid 84.90", "84,9", "paid [84.90]"),
        ("1240.5", "1.240,50", "[1240.5]"),
        ("Die Größe, Groessen", "groesse", "Die [Größe], [Groessen]"),
        ("Groesse", "Größe", "[Groesse]"),
        ("Steuergrößen übersetzt", "steuergroessen uebersetzt", "[Steuergrößen] [übersetzt]"),
        ("Straße", "strasse", "[Straße]"),
        ("blume, blue", "blue", "blume, [blue]"),
        ("50 years 5", "5", "50 years [5]"),
    ],
)
def test_other_spellings_are_found(text: str, asked: str, expected: str) -> None:
    assert marked(text, asked) == expected


def test_spellings_are_few_however_long_the_text_is() -> None:
    terms = terms_in("ueoe" * 50 + " " + "1.240," * 30 + " " + "a/" * 90)
    assert max(len(term.spellings) for term in terms) <= 8
    assert sum(len(term.words) for term in terms) <= 10
