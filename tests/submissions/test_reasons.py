"""What the API says of a row, in the words of the pages before it."""

import pytest

from pipelines_portal.submissions.reasons import in_words

LABELS = {"front": "Front view", "total": "Total"}


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("Missing required columns: front", "Front view is missing"),
        ("Missing required columns: front, back", "Front view, back are missing"),
        ("Unknown field: colour", "No field is called colour"),
        ("Unknown file: a/notes.txt", "a/notes.txt matches no field"),
        ("File not found in ZIP: b.png", "b.png is not in the ZIP file"),
        ("Invalid value for total: must be a number", "Total must be a number"),
        (
            "Invalid value for total: must be all of A, B, in order",
            "Total: use each once, the first one on top: A, B",
        ),
        ("Missing required columns: front; Unknown file: a; b.txt", "Front view is missing; a; b.txt matches no field"),
        ("Something else: front", "Something else: front"),
        ("", ""),
    ],
)
def test_known_sayings_become_words_and_others_stay(sentence: str, words: str) -> None:
    assert in_words(sentence, LABELS) == words
