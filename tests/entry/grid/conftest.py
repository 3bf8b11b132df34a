"""A person who types rows in the grid of a workflow."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.imports.jobs import work_on_next
from pipelines_portal.entry.models import Sheet
from pipelines_portal.entry.rows.typed import current_typed, ready_rows
from pipelines_portal.submissions.models import Submission
from pipelines_portal.workflows.models import OpenedWorkflow
from tests.factories import open_workflow
from tests.pages import text_of

OF_WORKFLOW = ("columns", "pin", "copy")
OF_EMPTY = {"page": "new", "cells": "new_cells", "paste": "new_paste", "preset": "new_preset"}
NAMES = ("input_text", "target_language", "notes")


@dataclass
class TypedGrid:
    """The grid of a workflow in one window. The methods post what its script posts."""

    browser: Any
    workflow: OpenedWorkflow
    owner: User
    # The sheet of the page that the test has open. Without it, the page is opened first.
    shown: Sheet | None = None

    def address(self, name: str, *more: Any) -> str:
        """Return the address of what the grid shows or posts: of the rows that are typed, or of an empty grid."""
        shown = self.shown or current_typed(self.owner, self.workflow)
        if name in OF_WORKFLOW or (shown is None and name in OF_EMPTY):
            place = [self.workflow.key_id, self.workflow.workflow_id, *more]
            return reverse(f"sheets:{OF_EMPTY.get(name, name)}", args=place)
        return reverse(f"sheets:{name}", args=[(shown or self.job).pk, *more])

    def read(self, query: str = "") -> str:
        return text_of(self.browser.get(self.address("page") + query))

    def type(self, number: int, *texts: str, new: bool = True, **before: str) -> Any:
        """Type a row; `before` has texts that the page showed."""
        cells = {name: [before.get(name, ""), text] for name, text in zip(NAMES, texts, strict=False)}
        return self.save({"number": number, "new": new, "cells": cells})

    def change(self, number: int, name: str, before: str, after: str) -> Any:
        return self.save({"number": number, "new": False, "cells": {name: [before, after]}})

    def save(self, *rows: dict[str, Any]) -> Any:
        return self.browser.post(self.address("cells"), json.dumps({"rows": rows}), content_type="application/json")

    def fill(self, count: int, first: int = 1) -> None:
        """Type so many rows that differ, from the number `first` on."""
        rows = [
            {"number": n, "new": True, "cells": {NAMES[0]: ["", f"Hello {n}"], NAMES[1]: ["", "French"]}}
            for n in range(first, first + count)
        ]
        assert self.save(*rows).status_code == 200

    def paste(self, text: str, number: int = 1, name: str = "", **more: str) -> Any:
        form = urlencode({"text": text, "number": number, "field": name} | more)
        return self.browser.post(self.address("paste"), form, content_type="application/x-www-form-urlencoded")

    def create(self, rows: int, **more: str) -> Any:
        """Create the first ready rows, as many as that. If there are fewer, the page shows some that are gone."""
        ready = list(self.seen().items())[:rows]
        gone = [(10_000 + number, "gone") for number in range(rows - len(ready))]
        return self.create_seen(dict([*ready, *gone]), **more)

    def create_seen(self, seen: dict[int, str], **more: str) -> Any:
        text = ",".join(f"{number}:{digest}" for number, digest in seen.items())
        form = urlencode({"rows": text} | more)
        return self.browser.post(self.address("create"), form, content_type="application/x-www-form-urlencoded")

    def seen(self) -> dict[int, str]:
        """Return what a page loaded now shows of the ready rows."""
        typed = Sheet.objects.filter(owner=self.owner, size_bytes=0).order_by("created_at").last()
        return dict(sorted(ready_rows(typed).items())) if typed else {}

    @property
    def job(self) -> Sheet:
        """The newest import of typed rows."""
        return Sheet.objects.filter(owner=self.owner, size_bytes=0).latest("created_at")

    def step(self, name: str) -> str:
        return reverse(f"sheets:{name}", args=[self.job.pk])

    def statuses(self) -> dict[int, str]:
        return dict(self.job.rows.values_list("number", "status"))

    def texts(self) -> dict[int, list[str]]:
        """Return the typed texts of each row."""
        return {row.number: [row.edits.get(name, "") for name in NAMES] for row in self.job.rows}


@pytest.fixture
def grid(page: Any, saved_key: Any) -> TypedGrid:
    return TypedGrid(page, open_workflow(saved_key, name="Translations"), saved_key.owner)


def work() -> None:
    """Work like the worker until nothing is due."""
    while work_on_next():
        pass


def end_wait() -> None:
    """Let the ten seconds pass in which the sending can be undone, and every other wait."""
    now = timezone.now()
    Sheet.objects.filter(start_at__gt=now).update(start_at=now - timedelta(seconds=1))
    Sheet.objects.filter(due_at__gt=now).update(due_at=now)


def move_back(days: int) -> None:
    """Let so many days pass since everything was typed and sent."""
    past = timezone.now() - timedelta(days=days)
    Sheet.objects.update(created_at=past, changed_at=past)
    Submission.objects.filter(sent_at__isnull=False).update(sent_at=past)
