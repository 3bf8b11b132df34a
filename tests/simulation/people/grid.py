"""The grid of typed rows, with saved drafts and corrected copies of tasks."""

import json
from typing import Any
from uuid import UUID

from django.test import Client

from pipelines_portal.entry.models import ImportJob
from pipelines_portal.entry.rows.typed import ready_rows
from tests.simulation.invariants import Broken
from tests.simulation.people.actions import Actions
from tests.simulation.world import world

# How often a copy is corrected immediately.
CORRECTED = 0.6


class GridActions(Actions):
    def type_rows(self) -> None:
        browser = self._browser()
        last = self.office.query(
            "SELECT MAX(number) FROM entry_importrow JOIN entry_importjob j ON j.id = import_job_id "
            "WHERE j.kind = 'typed' AND j.owner_id = ? AND j.status != 'deleted' AND j.name = ''",
            self.office.owner_of(browser).pk,
        )[0][0] or 0  # fmt: skip
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
        rows = self.office.query(
            "SELECT r.number, json_extract(r.edits, '$.input_text'), j.owner_id, j.restored_from "
            "FROM entry_importrow r JOIN entry_importjob j ON j.id = r.import_job_id WHERE j.kind = 'typed' "
            "AND j.name = '' AND r.status IN ('ready', 'to_fix') AND j.status IN ('checked', 'paused') ORDER BY r.id"
        )
        for number, text, owner, is_restored in rows[-1:]:
            if is_restored:  # its task, if it was sent after the backup, has values that are in no row now
                self.expected.exempt.add(text)
            new = self._new_text()
            self.expected.saved.discard(text)
            world.note(f"    row {number} was {text}, becomes {new}")
            self._post_rows(self.office.browser_of(owner), [{"number": number, "cells": {"input_text": [text, new]}}])
            if new in self.office.stored_texts():
                self.expected.saved.add(new)

    def _post_rows(self, browser: Client, rows: list[dict[str, Any]]) -> Any:
        body = json.dumps({"rows": rows})
        return self._post(browser, "tasks/new/grid/cells/", body, content_type="application/json")

    def create_typed(self) -> None:
        """Create tasks of the rows that are ready. If there are none, type some first."""
        if not self._owners_of_ready():
            self.type_rows()
        ready = self._owners_of_ready()
        browser = self.office.browser_of(world.chance.choice(ready)) if ready else self._browser()
        typed = ImportJob.objects.filter(owner=self.office.owner_of(browser), kind="typed", name="")
        import_job = typed.exclude(status="deleted").order_by("created_at").last()
        seen = ready_rows(import_job) if import_job else {}
        self.expected.requested |= self.office.texts_of_rows("ready") - self.expected.skipped
        self.last_sending_step = world.step
        if import_job:
            self.expected.started.add((import_job.pk.hex, import_job.owner_id))
        rows = ",".join(f"{number}:{digest}" for number, digest in seen.items())
        self._post(browser, "tasks/new/grid/create/", {"rows": rows})

    def _owners_of_ready(self) -> list[int]:
        found = self.office.query(
            "SELECT DISTINCT j.owner_id FROM entry_importjob j JOIN entry_importrow r ON r.import_job_id = j.id "
            "WHERE j.kind = 'typed' AND j.name = '' AND j.status != 'deleted' AND r.status = 'ready' ORDER BY 1"
        )
        return [owner for (owner,) in found]

    def clear_created(self) -> None:
        self._post(self._browser(), "tasks/new/grid/clear/")

    def put_typed_aside(self) -> None:
        self._post(self._browser(), "tasks/new/grid/aside/", {"name": f"draft {world.chance.randrange(3)}"})

    def take_up_draft(self) -> None:
        """Continue a draft. If there is none, save the typed rows as one first."""
        sql = "SELECT id, owner_id FROM entry_importjob WHERE name != '' ORDER BY id"
        if not self.office.query(sql):
            self.put_typed_aside()
        if drafts := self.office.query(sql):
            pk, owner = world.chance.choice(drafts)
            self._post(self.office.browser_of(owner), f"tasks/new/grid/drafts/{UUID(pk)}/")

    def copy_tasks(self) -> None:
        """Copy created tasks, failed ones first, and correct them. Their texts may become tasks a second time."""
        rows = self.office.query(
            "SELECT r.task_id, r.fields, s.owner_id FROM submissions_submissionrow r "
            "JOIN submissions_submission s ON s.id = r.submission_id WHERE r.task_id > 0 AND r.fields IS NOT NULL "
            "ORDER BY r.task_id"
        )
        rows.sort(key=lambda row: self._is_failed(row[0]), reverse=True)
        for task_id, fields, owner in rows[: world.chance.choice((1, 3))]:
            values = json.loads(fields)
            self.expected.extra_tasks.update({values["input_text"], values.get("notes", "")} - {""})
            answer = self._post(self.office.browser_of(owner), "tasks/new/grid/copies/", {"task": task_id})
            if "?at=" in answer.get("Location", ""):
                if world.chance.random() < CORRECTED:
                    self._correct_copy(task_id, owner)
                self._check_copy(task_id)

    def _correct_copy(self, task_id: int, owner: int) -> None:
        """Put another text into the copy of a task, which keeps its code."""
        copies = self.office.query(
            "SELECT r.number, json_extract(r.edits, '$.input_text'), j.restored_from FROM entry_importrow r "
            "JOIN entry_importjob j "
            "ON j.id = r.import_job_id WHERE r.corrects_task = ? AND j.owner_id = ? AND r.submission_id IS NULL "
            "ORDER BY r.id", task_id, owner,
        )  # fmt: skip
        for number, text, is_restored in copies[-1:]:
            if is_restored:  # its task, if it was sent after the backup, has values that are in no row now
                self.expected.exempt.add(text)
            new = self._new_text()
            self._post_rows(self.office.browser_of(owner), [{"number": number, "cells": {"input_text": [text, new]}}])

    def _is_failed(self, task_id: int) -> bool:
        task = self.office.api.tasks.get(task_id)
        return task is not None and task.status == "failed"

    def _check_copy(self, task_id: int) -> None:
        """Check that a value that is used once is free for the copy that corrects its task, if no other row has it."""
        refused = self.office.query(
            "SELECT r.number FROM entry_importrow r JOIN entry_rowerror e ON e.number = r.number "
            "JOIN entry_errorgroup g ON g.id = e.group_id AND g.import_job_id = r.import_job_id "
            "JOIN submissions_submissionrow s ON s.task_id = r.corrects_task "
            "JOIN submissions_fieldvalue v ON v.row_id = s.id "
            "WHERE r.corrects_task = ? AND g.field_name = 'notes' AND NOT v.is_shared AND NOT EXISTS "
            "(SELECT 1 FROM entry_rowvalue o WHERE o.import_job_id = r.import_job_id AND o.row_id != r.id "
            "AND o.field = v.field AND o.digest = v.digest)", task_id,
        )  # fmt: skip
        if refused:
            raise Broken(f"used by itself: the copy of task {task_id} may not have its value")
