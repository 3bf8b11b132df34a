"""A text with two meanings is a question. It is answered with a button, for a cell or for all rows that have it."""

import re
from typing import Any

from django.urls import reverse

from pipelines_portal.entry.models import Sheet
from tests.conftest import EVERY_TYPE
from tests.entry.grid.conftest import TypedGrid
from tests.factories import open_workflow
from tests.pages import text_of

from .test_choose import upload
from .test_match import seen

ANSWER = re.compile(r'name="answer" value="([^"]*)">([^<]*)<')


def typed(page: Any, key: Any, name: str, *texts: str) -> TypedGrid:
    grid = TypedGrid(page, open_workflow(key, EVERY_TYPE), key.owner)
    rows = [
        {"number": n, "new": True, "cells": {"short": ["", f"x{n}"], "sure": ["", "yes"], name: ["", text]}}
        for n, text in enumerate(texts, 1)
    ]
    grid.save(*rows)
    return grid


def answer(grid: TypedGrid, text: str) -> None:
    reason = re.findall(r'name="reason" value="([^"]+)"', grid.read())[0]
    grid.browser.post(grid.step("alike"), {"reason": reason, "answer": text})


def test_a_text_is_answered_once_for_the_rows_that_have_it(page: Any, saved_key: Any) -> None:
    grid = typed(page, saved_key, "amount", "2.000", "2.000", "3")
    assert ANSWER.findall(grid.read()) == [("2000", "2000"), ("2", "2")]
    answer(grid, "2")
    assert [row.fields["amount"] for row in grid.job.rows.order_by("number")] == [2, 2, 3]
    grid.change(1, "due", "", "3/5/2026 9:00")
    assert [words for _, words in ANSWER.findall(grid.read())] == ["3 May", "5 March"]
    answer(grid, "3 May 2026 09:00")
    assert grid.job.rows.get(number=1).fields["due"] == "2026-05-03T09:00:00Z"
    grid.change(2, "due", "", "46001")
    assert ANSWER.findall(grid.read()) == [("10 Dec 2025", "10 December 2025")]


def test_a_number_of_excel_in_a_column_of_dates_is_one_question(page: Any, saved_key: Any) -> None:
    rows = "".join(f"x{day},yes,{day}.5\n" for day in range(46001, 46009))
    upload(page, open_workflow(saved_key, EVERY_TYPE), f"short,sure,due\n{rows}", zone="UTC")
    sheet = Sheet.objects.get()
    html = text_of(page.get(sheet.get_absolute_url(), follow=True))
    assert "Excel date?" in html and html.count("Choose a meaning") == 1
    place = [sheet.pk]
    page.post(reverse("sheets:rematch", args=place))
    here = reverse("sheets:match", args=place)
    assert "46001 is 10 Dec 2025" in text_of(page.get(here))
    page.post(here, seen(page, here) | {"serials": "days", "zone": "UTC"})
    sheet.refresh_from_db()
    assert sheet.counts().ready == 8
    assert sheet.rows.order_by("number").first().fields["due"] == "2025-12-10T12:00:00Z"
