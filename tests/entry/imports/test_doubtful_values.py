"""Values with two meanings are asked about in the grid, in pasted rows, in files, and in rows beside a ZIP file."""

import io
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.models import Sheet
from pipelines_portal.keys.models import SavedKey
from tests.archives import files
from tests.conftest import EVERY_TYPE, FILE_AND_FIELDS
from tests.each_case import each_case, rolled_back
from tests.entry.grid.conftest import TypedGrid
from tests.factories import open_workflow
from tests.pages import text_of
from tests.uploads.choosing import check_archive

from .test_choose import upload

ZONE = "Europe/Vienna"
TWICE = "came twice in Vienna: the clocks were set back. Write 2026-10-25 02:30+02:00 or 2026-10-25 02:30+01:00"
NEVER = "never came in Vienna: the clocks were put forward. Write 2026-03-29 01:30 or 2026-03-29 03:30"
# Fill in one field of a row that is otherwise right. Return the page, and the value that would be sent.
Road = Callable[[Any, SavedKey, str, str], tuple[str, Any]]


def by_grid(page: Any, key: SavedKey, name: str, text: str) -> tuple[str, Any]:
    grid = TypedGrid(page, open_workflow(key, EVERY_TYPE), key.owner)
    cells = {"short": ["", "x"], "sure": ["", "yes"], name: ["", text]}
    html = text_of(grid.save({"number": 1, "new": True, "cells": cells}))
    return html, (grid.job.rows.get().fields or {}).get(name)


def by_paste(page: Any, key: SavedKey, name: str, text: str) -> tuple[str, Any]:
    grid = TypedGrid(page, open_workflow(key, EVERY_TYPE), key.owner)
    html = text_of(grid.paste(f"x\tyes\t{text}", columns=f"short\nsure\n{name}"))
    return html, (grid.job.rows.get().fields or {}).get(name)


def by_file(page: Any, key: SavedKey, name: str, text: str) -> tuple[str, Any]:
    page.cookies["zone"] = ZONE
    upload(page, open_workflow(key, EVERY_TYPE), f'short,sure,{name}\nx,yes,"{text}"\n', zone=ZONE)
    sheet = Sheet.objects.get()
    return text_of(page.get(sheet.get_absolute_url(), follow=True)), (sheet.rows.get().fields or {}).get(name)


@each_case("road", [by_grid, by_paste, by_file])
def test_doubtful_values_are_asked_about_and_others_are_read(page: Any, saved_key: SavedKey, road: Road) -> None:
    """tests/values has all notations. Here each road asks and reads."""
    User.objects.update(time_zone=ZONE)
    for name, text, error in (("due", "25.10.2026 2:30", TWICE), ("amount", "12 %", "Is it 0.12 or 12?")):
        with rolled_back():
            html, value = road(page, saved_key, name, text)
            assert error in html and value is None
    with rolled_back():
        assert road(page, saved_key, "due", "2026-10-25 02:30+01:00")[1] == "2026-10-25T01:30:00Z"
    assert road(page, saved_key, "amount", "5,- €")[1] == 5


def test_a_time_in_words_is_asked_about(page: Any, saved_key: SavedKey) -> None:
    User.objects.update(time_zone=ZONE)
    html, value = by_grid(page, saved_key, "due", "25 Oct 2026 2:30am")
    assert TWICE in html and ">Came twice</span>" in html and value is None


def test_rows_beside_a_zip_file_are_asked_about(page: Any, saved_key: SavedKey) -> None:
    page.cookies["zone"] = ZONE
    text = "photo,caption,taken\ncat.png,A cat,25.10.2026 02:30\ndog.png,A dog,29.03.2026 02:30\n"
    rows = SimpleUploadedFile("rows.csv", text.encode())
    archive = files("cat.png", "dog.png")
    answer = check_archive(page, open_workflow(saved_key, FILE_AND_FIELDS), archive, rows_file=rows, zone=ZONE)
    assert TWICE in text_of(answer) and NEVER in text_of(answer)


def test_a_percentage_of_a_spreadsheet_keeps_its_value(page: Any, saved_key: SavedKey) -> None:
    book = Workbook()
    book.active.append(["short", "sure", "amount"])
    book.active.append(["x", "yes", 1.5])
    book.active["C2"].number_format = "0%"
    stored = io.BytesIO()
    book.save(stored)
    upload(page, open_workflow(saved_key, EVERY_TYPE), stored.getvalue(), "rows.xlsx")
    assert Sheet.objects.get().rows.get().fields["amount"] == 1.5
