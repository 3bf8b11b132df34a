"""Normalization of texts from outside."""

import unicodedata

import pytest

from pipelines_portal.core.unicode_forms import has_endless_marks, normalize

MARKS = "\u0301\u0316"


@pytest.mark.parametrize(
    "text", ["plain", "Übergröße", "e\u0301", "ﬁ Ⅳ", "ガ\uff76\uff9e", f"a{MARKS * 15}b{MARKS * 15}"]
)
@pytest.mark.parametrize("form", ["NFC", "NFKC", "NFKD"])
def test_texts_of_people_are_normalized_whole(form: str, text: str) -> None:
    assert normalize(form, text) == unicodedata.normalize(form, text)  # type: ignore[arg-type]
    assert not has_endless_marks(text)


@pytest.mark.parametrize("mark", ["\u0301", MARKS, "\u0f73", "\uff9e\u0301", "\u0344\u0316"], ids=ascii)
def test_a_letter_keeps_its_first_marks(mark: str) -> None:
    text = f"a{mark * 31}b"
    assert has_endless_marks(text)
    assert normalize("NFC", text) == unicodedata.normalize("NFC", f"a{(mark * 31)[:30]}b")
