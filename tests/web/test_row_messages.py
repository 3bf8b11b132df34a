"""The API's messages about rows and fields, in the words of the pages."""

import pytest

from pipelines_portal.web.error_sentences import field_message, is_about_unknown_file, row_message

LABELS = {"front": "Front view", "total": "Total"}


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("Missing required columns: front", "Front view is missing"),
        ("Missing required columns: front, back", "Front view, back are missing"),
        ("Unknown field: colour", "No field is called colour"),
        ("Unknown file: a/notes.txt", "a/notes.txt matches no field"),
        ("File not found in ZIP: b.png", "b.png isn’t in the ZIP file"),
        ("Invalid value for total: must be a number", "Total must be a number"),
        (
            "Invalid value for total: must be all of A, B, in order",
            "Total: use each once, the first one on top: A, B",
        ),
        (
            "Missing required columns: front; Unknown file: a; b.txt",
            "Front view is missing; a; b.txt isn’t in a folder",
        ),
        ("Unknown file: a/b/front.png", "a/b/front.png is in a subfolder"),
        ("Something else: front", "Something else: front"),
        ("", ""),
    ],
)
def test_a_message_about_a_row_names_the_fields_by_their_labels(message: str, shown: str) -> None:
    assert row_message(message, LABELS) == shown


def test_a_file_in_a_folder_is_said_to_be_in_a_subfolder_if_tasks_are_made_of_files() -> None:
    assert row_message("Unknown file: sub/a.png", has_one_file_field=True) == "sub/a.png is in a subfolder"


def test_a_message_about_an_unknown_file_is_about_no_field() -> None:
    assert is_about_unknown_file("Missing required columns: front; Unknown file: a/notes.txt")
    assert not is_about_unknown_file("Missing required columns: front")


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("Invalid value for topics: must be all of A, B, in order", "Use each once, the first one on top: A, B."),
        ("Invalid value for channel: must be one of Email, Chat", "It must be one of Email, Chat."),
        ("Missing required columns: subject", "Pipelines requires this field."),
        ("Something else", "Something else"),
    ],
)
def test_a_message_beside_a_field_does_not_name_it_again(message: str, shown: str) -> None:
    assert field_message(message) == shown
