"""After rows were changed, and checked alone, the same values are ready as after a check of all rows.

Which of equal rows is the duplicate may differ: a changed row is that of a later one, too.
"""

from collections import Counter
from random import Random

import pytest
from django.db import transaction

from pipelines_portal.entry.imports.jobs import work_now
from pipelines_portal.entry.models import Row, Sheet
from pipelines_portal.entry.rows.checking import check_all
from pipelines_portal.entry.rows.fixing import (
    change_rows,
    edit_row,
    last_change,
    next_redo,
    redo_change,
    send_anyway,
    skip_row,
    undo_change,
    undo_skip,
)
from pipelines_portal.web.time_budget import TimeBudget
from pipelines_portal.workflows.rules.stored import WorkflowRule
from tests.factories import Desk, send

from .making import make_import

ROWS, CHANGES = 8, 20


@pytest.mark.parametrize("has_rule", [False, True])
@pytest.mark.parametrize("seed", [0, 2, *(pytest.param(seed, marks=pytest.mark.full) for seed in range(3, 12))])
def test_what_is_ready_is_so_after_a_check_of_all_rows(desk: Desk, seed: int, has_rule: bool) -> None:
    """Of few texts, so that rows equal each other and a task that exists."""
    chance = Random(seed)
    send(desk.draft({"input_text": "A", "target_language": "French"}), desk.client)
    if has_rule:
        WorkflowRule.objects.create(
            key=desk.key, workflow_id=42, position=1, kind="once", field="input_text", value={"is_number": False}
        )
    rows = [[chance.choice("AB"), chance.choice(["French", "Germn"])] for _ in range(ROWS)]
    sheet = make_import(desk.key, desk.client.schema(42), rows)
    work_now(sheet)
    most = 0
    for number in range(CHANGES):
        label = change(sheet, desk, chance)
        assert ready(sheet) == ready_after_all(sheet), (number, label)
        most = max(most, ready(sheet).total())
    assert (most or has_rule) and sheet.changes.count() > 1


def change(sheet: Sheet, desk: Desk, chance: Random) -> str:
    numbers = chance.sample(range(2, ROWS + 2), chance.choice([1, 1, 2]))
    texts = {"input_text": chance.choice("ABC")} if chance.random() < 0.5 else {"target_language": "French"}
    ways = {"skip": skip_row, "do not skip": undo_skip, "send anyway": send_anyway}
    way = chance.choice(["edit", "edit", "skip", "do not skip", "send anyway", "undo", "redo"])
    if way == "undo" and (last := last_change(sheet)):
        undo_change(sheet, last.number)
    elif way == "redo" and (following := next_redo(sheet)):
        redo_change(sheet, following.number)
    elif way not in ("undo", "redo"):
        act = ways.get(way, lambda row: edit_row(row, texts))
        change_rows(sheet, desk.person, way, numbers, act)
    return f"{way} {numbers} {texts}"


def ready_after_all(sheet: Sheet) -> Counter[str]:
    with transaction.atomic():
        Sheet.objects.filter(pk=sheet.pk).update(status=Sheet.Status.CHECKING)
        found = Sheet.objects.get(pk=sheet.pk)
        assert found.take_lease()
        check_all(found, TimeBudget())
        values = ready(sheet)
        transaction.set_rollback(True)
    return values


def ready(sheet: Sheet) -> Counter[str]:
    rows = sheet.rows.filter(status=Row.Status.READY)
    return Counter(map(str, rows.values_list("fields", flat=True)))
