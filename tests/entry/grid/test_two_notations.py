"""A Viennese and an American type the same day, each in their way. The same is sent, and nobody is asked."""

from typing import Any

from django.urls import reverse

from pipelines_portal.accounts.models import User
from pipelines_portal.submissions.models import SubmissionRow
from tests.conftest import EVERY_TYPE
from tests.factories import open_workflow
from tests.pages import text_of

from .conftest import TypedGrid

VIENNESE = {"number_format": ",", "date_format": "day"}
AMERICAN = {"number_format": ".", "date_format": "month"}
# What both type; they sit side by side.
DAY = [
    ({"amount": "2,500", "due": "3.5.2026 14:30"}, {"amount": "2.500", "due": "5/3/2026 2:30 pm"}),
    ({"amount": "9,75", "due": "3. Mai 2026"}, {"amount": "9.75", "due": "May 3, 2026"}),
    ({"amount": "7,25 €", "due": "03.04.26 9:05"}, {"amount": "$7.25", "due": "04/03/26 9:05am"}),
    ({"amount": "8", "due": "3/4/2026"}, {"amount": "8.00", "due": "4/3/2026"}),
    ({"amount": "1,125", "due": "31.12.2026 23:59"}, {"amount": "1.125", "due": "12/31/2026 11:59 PM"}),
]
SENT = [(2.5, "2026-05-03T12:30:00Z"), (9.75, "2026-05-02T22:00:00Z"), (7.25, "2026-04-03T07:05:00Z"),
        (8, "2026-04-02T22:00:00Z"), (1.125, "2026-12-31T22:59:00Z")]  # fmt: skip


def row(number: int, day: dict[str, str]) -> dict[str, str]:
    return {"short": f"Order {number}", "sure": "yes", **day}


def test_the_same_day_in_the_grid_and_in_the_form(page: Any, saved_key: Any) -> None:
    grid = TypedGrid(page, open_workflow(saved_key, EVERY_TYPE), saved_key.owner)
    form_address = reverse("new_task:create", args=[saved_key.pk, EVERY_TYPE])
    for who, notation in enumerate((VIENNESE, AMERICAN)):
        User.objects.update(time_zone="Europe/Vienna", **notation)
        first = 1 + who * len(DAY)
        typed = [row(number, day[who]) for number, day in enumerate(DAY, first)]
        grid.save(*(
            {"number": number, "new": True, "cells": {name: ["", text] for name, text in cells.items()}}
            for number, cells in enumerate(typed, first)
        ))  # fmt: skip
        assert set(grid.statuses().values()) <= {"ready", "created"}, list(grid.job.error_groups.values("message"))
        grid.create(len(DAY))
        form = {f"field-{name}": text for name, text in row(100 + who, DAY[0][who]).items()}
        answer = page.post(form_address, form | {"zone": "Europe/Vienna", "token": f"{who:032}"})
        assert answer.status_code == 302, text_of(answer)
        rows = SubmissionRow.objects.order_by("pk")
        assert [(each.fields["amount"], each.fields["due"]) for each in rows if each.fields] == [*SENT, SENT[0]]
        SubmissionRow.objects.update(fields=None)


def test_cells_that_need_no_saving_stop_no_other(page: Any, saved_key: Any) -> None:
    """One has a field that is gone, one the text that was typed, and one what is stored for that text."""
    User.objects.update(**VIENNESE)
    grid = TypedGrid(page, open_workflow(saved_key, EVERY_TYPE), saved_key.owner)
    typed = {"sure": ["", "yes"], "amount": ["", "2.500"]}
    grid.save({"number": 1, "new": True, "cells": typed | {"short": ["", "One"]}})
    assert grid.job.rows.get().edits["amount"] == "2500"
    said = text_of(
        grid.save({"number": 1, "new": False, "cells": {"gone": ["", "x", 60], **typed, "short": ["One", "Two"]}})
    )
    assert grid.job.rows.get().edits["short"] == "Two" and "isn’t saved" not in said


def test_what_is_open_follows_the_time_zone_of_the_person(page: Any, saved_key: Any) -> None:
    """2:30 came twice in Vienna that night. In London it came once."""
    User.objects.update(time_zone="Europe/Vienna")
    grid = TypedGrid(page, open_workflow(saved_key, EVERY_TYPE), saved_key.owner)
    cells = row(1, {"due": "25 Oct 2026 2:30"})
    grid.save({"number": 1, "new": True, "cells": {name: ["", text] for name, text in cells.items()}})
    assert grid.statuses() == {1: "to_fix"}
    User.objects.update(time_zone="Europe/London")
    grid.change(1, "short", "Order 1", "Order 2")
    assert grid.statuses() == {1: "ready"} and grid.job.rows.get().edits["due"].startswith("2026-10-25 02:30")
