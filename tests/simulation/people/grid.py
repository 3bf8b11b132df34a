"""The grid of typed rows, with saved drafts and corrected copies of tasks."""

import json
from typing import Any

from django.db.models import Max, Q, QuerySet
from django.test import Client

from pipelines_portal.entry.models import Row, RowError, RowValue, Sheet
from pipelines_portal.entry.rows.typed import ready_rows
from pipelines_portal.submissions.models import FieldValue, SubmissionRow
from tests.simulation.database import BESIDE
from tests.simulation.invariants import Broken
from tests.simulation.people.actions import Actions
from tests.simulation.stored import stored, text_of_row
from tests.simulation.world import world

# How often a copy is corrected immediately.
CORRECTED = 0.6


class GridActions(Actions):
    def type_rows(self) -> None:
        browser = self._browser()
        rows_of_grid = _rows_of_grids().filter(sheet__owner=self.office.owner_of(browser).pk)
        last = rows_of_grid.aggregate(last=Max("number"))["last"] or 0
        # Another window may have used the number.
        first = last + 1 if world.chance.random() < 0.9 else max(last, 1)
        typed = [self._new_row() for _ in range(world.chance.choice((1, 3, 22, 22)))]
        texts = [row.text for row in typed]
        rows = [
            {
                "number": number,
                "new": True,
                "cells": {"input_text": ["", row.text], "target_language": ["", row.language]}
                | ({"notes": ["", row.code]} if self.has_codes else {}),
            }
            for number, row in enumerate(typed, first)
        ]
        answer = self._post_rows(browser, rows)
        if answer.status_code == 200:
            if lost := set(texts) - self.office.stored_texts():
                raise Broken(f"lost from the grid: {sorted(lost)} were typed into new rows, and are not saved")
            self.expected.saved.update(texts)

    def retype_row(self) -> None:
        """Type another text over one of the grid. Another window, too, may still show the text that was there."""
        rows = _rows_of_grids().filter(status__in=("ready", "to_fix"), sheet__status__in=("checked", "paused"))
        if (row := rows.select_related("sheet").order_by("pk").last()) is None:
            return
        self._type_over(row, self._new_text())

    def _type_over(self, row: Row, new: str) -> None:
        text = text_of_row(row)
        if row.sheet.restored_from:  # its task, if sent after the backup, has values that are in no row now
            self.expected.exempt.add(text)
        world.note(f"    row {row.number} was {text}, becomes {new}")
        self.expected.saved.discard(text)
        change = {"number": row.number, "cells": {"input_text": [text, new]}}
        browser, url = self.office.browser_of(row.sheet.owner_id), f"/sheets/{row.sheet_id}/grid/cells/"
        self._post_rows(browser, [change], url)
        if new in self.office.stored_texts():
            self.expected.saved.add(new)

    def _post_rows(self, browser: Client, rows: list[dict[str, Any]], url: str = "sheets/new/cells/") -> Any:
        body = json.dumps({"rows": rows})
        return self._post(browser, url, body, content_type="application/json")

    def create_typed(self) -> None:
        """Create tasks of the rows that are ready. If there are none, type some first."""
        if not self._owners_of_ready():
            self.type_rows()
        ready = self._owners_of_ready()
        browser = self.office.browser_of(world.chance.choice(ready)) if ready else self._browser()
        sheet = self._typed_by(browser)
        seen = ready_rows(sheet) if sheet else {}
        self.expected.requested |= self.office.texts_of_rows("ready") - self.expected.skipped
        self.last_sending_step = world.step
        if sheet:
            self.expected.started.add((sheet.pk, sheet.owner_id))
        rows = ",".join(f"{number}:{digest}" for number, digest in seen.items())
        if sheet:
            self._post(browser, f"/sheets/{sheet.pk}/grid/create/", {"rows": rows})

    def _typed_by(self, browser: Client) -> Sheet | None:
        typed = Sheet.objects.filter(owner=self.office.owner_of(browser), size_bytes=0, name="")
        return typed.exclude(status="deleted").first()

    def _owners_of_ready(self) -> list[int]:
        owners = _rows_of_grids().filter(status="ready").values_list("sheet__owner", flat=True)
        return sorted(set(owners))

    def clear_created(self) -> None:
        browser = self._browser()
        if sheet := self._typed_by(browser):
            self._post(browser, f"/sheets/{sheet.pk}/grid/clear/")

    def put_typed_aside(self) -> None:
        browser, name = self._browser(), f"draft {world.chance.randrange(3)}"
        if sheet := self._typed_by(browser):
            self._post(browser, f"/sheets/{sheet.pk}/name/", {"name": name})

    def create_named(self) -> None:
        """Create tasks of rows that were put aside. If there are none, put the typed rows aside first."""
        if not self.office.imports(~Q(name="")):
            self.put_typed_aside()
        if drafts := self.office.imports(~Q(name="")):
            pk, owner = world.chance.choice(drafts)
            sheet = Sheet.objects.get(pk=pk)
            seen = ready_rows(sheet)
            self.expected.requested |= self.office.texts_of_rows("ready", import_id=pk) - self.expected.skipped
            self.expected.started.add((pk, owner))
            self.last_sending_step = world.step
            rows = ",".join(f"{number}:{digest}" for number, digest in seen.items())
            self._post(self.office.browser_of(owner), f"/sheets/{pk}/grid/create/", {"rows": rows})

    def copy_tasks(self) -> None:
        """Copy created tasks, failed ones first, and correct them. Their texts may become tasks a second time."""
        created = stored(SubmissionRow).filter(task_id__gt=0, fields__isnull=False).order_by("task_id")
        rows = list(created.values_list("task_id", "fields", "submission__owner_id"))
        rows.sort(key=lambda row: self._is_failed(row[0]), reverse=True)
        for task_id, values, owner in rows[: world.chance.choice((1, 3))]:
            self.expected.extra_tasks.update({values["input_text"], values.get("notes", "")} - {""})
            answer = self._post(self.office.browser_of(owner), "sheets/copies/", {"task": task_id})
            if "?at=" in answer.get("Location", ""):
                if world.chance.random() < CORRECTED:
                    self._correct_copy(task_id, owner)
                self._check_copy(task_id)

    def _correct_copy(self, task_id: int, owner: int) -> None:
        """Put another text into the copy of a task, which keeps its code."""
        copies = stored(Row).filter(corrects_task=task_id, sheet__owner=owner, submission=None)
        if row := copies.select_related("sheet").order_by("pk").last():
            self._type_over(row, self._new_text())

    def _is_failed(self, task_id: int) -> bool:
        task = self.office.api.tasks.get(task_id)
        return task is not None and task.status == "failed"

    def _check_copy(self, task_id: int) -> None:
        """Check that a value that is used once is free for the copy that corrects its task, if no other row has it."""
        for row in stored(Row).filter(corrects_task=task_id).order_by("pk"):
            errors = stored(RowError).filter(number=row.number, group__sheet=row.sheet_id)
            used = FieldValue.objects.using(BESIDE).used().order_by("had_to_be_free", "row_id")
            tasks = used.values_list("field", "digest", "row__task_id")
            holders = {(field, digest): task for field, digest, task in tasks}
            others = stored(RowValue).filter(sheet=row.sheet_id).exclude(row=row.pk)
            taken = set(others.values_list("field", "digest"))
            is_free = any(value not in taken and holder == task_id for value, holder in holders.items())
            if is_free and errors.filter(group__field_name="notes").exists():
                raise Broken(f"used by itself: the copy of task {task_id} may not have its value")


def _rows_of_grids() -> QuerySet[Row]:
    return stored(Row).filter(sheet__size_bytes=0, sheet__name="").exclude(sheet__status="deleted")
