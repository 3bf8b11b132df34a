"""What the API says of a field, as operators read it beside it."""

import pytest

from pipelines_portal.entry.form.creation import in_plain_words


@pytest.mark.parametrize(
    ("sentence", "read"),
    [
        ("Invalid value for topics: must be all of A, B, in order", "Use each once, the first one on top: A, B."),
        ("Invalid value for channel: must be one of Email, Chat", "It must be one of Email, Chat."),
        ("Missing required columns: subject", "The API requires this field."),
        ("Something else", "Something else"),
    ],
)
def test_what_the_api_says_of_a_field_is_said_in_plain_words(sentence: str, read: str) -> None:
    assert in_plain_words(sentence) == read
