"""What the portal has stored, read beside it: no point, fault or count of the simulation meets these queries."""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from pipelines_portal.attention.models import ProblemGroup
from pipelines_portal.entry.models import FilePart, Row, Sheet, TypedDraft
from pipelines_portal.submissions.models import RecordedField, Submission, SubmissionRow, UnattributedTask
from pipelines_portal.uploads.models import ZipUpload
from pipelines_portal.workflows.rules.stored import WorkflowRule
from tests.simulation.database import BESIDE

TEXT = re.compile(r"\btext \d+\b")
# Imports whose files are not rows yet, or were.
HAS_FILE_ONLY = ("reading", "unreadable", "deleted")
M = TypeVar("M", bound=Model)


def stored(model: type[M]) -> QuerySet[M]:
    return model._base_manager.using(BESIDE)


def texts_in(values: Iterable[object]) -> set[str]:
    """Return the texts in the values of fields, which are JSON or files."""
    found = (bytes(value).decode() if isinstance(value, bytes | memoryview) else str(value) for value in values)
    return set(TEXT.findall("\n".join(found)))


def text_of_row(row: Row) -> str:
    return str((row.edits or {}).get("input_text") or (row.cells or [""])[0])


class Stored:
    """Questions about all that is stored, whoever may see it."""

    def stored_texts(self) -> set[str]:
        """Return every text that the portal stores anywhere."""
        rows = stored(Row).values_list("edits", "cells")
        return self.submitted_texts() | texts_in(rows) | self.texts_of_forms() | self.texts_of_files()

    def texts_of_files(self) -> set[str]:
        """Return the texts of files that are no rows yet, or were."""
        return texts_in(stored(FilePart).filter(sheet__status__in=HAS_FILE_ONLY).values_list("data", flat=True))

    def texts_of_forms(self) -> set[str]:
        """Return the texts of forms that are saved as drafts."""
        return texts_in(stored(TypedDraft).values_list("typed", flat=True))

    def undoable_texts(self) -> dict[str, datetime]:
        """Return the texts of imports whose sending can still be undone, with the end of that time."""
        sending = stored(Sheet).filter(status="sending", start_at__isnull=False)
        return {
            text: start_at
            for pk, start_at in sending.values_list("pk", "start_at")
            if start_at
            for text in self.texts_of_rows("ready", import_id=pk) | self.texts_of_requested(pk)
        }

    def texts_of_requested(self, import_id: UUID) -> set[str]:
        drafts = stored(SubmissionRow).filter(submission__group=import_id, submission__status="draft")
        return texts_in(drafts.values_list("fields", flat=True))

    def submitted_texts(self) -> set[str]:
        return texts_in(stored(SubmissionRow).values_list("fields", flat=True))

    def texts_of_rows(self, *statuses: str, import_id: UUID | None = None) -> set[str]:
        """Return the texts of imports' rows with one of the statuses, or of all rows."""
        rows = stored(Row).filter(sheet=import_id) if import_id else stored(Row)
        rows = rows.filter(status__in=statuses) if statuses else rows
        return texts_in(rows.values_list("edits", "cells", "fields"))

    def texts_of_submission(self, pk: UUID) -> set[str]:
        return {text for _, text in self.rows_of(pk)}

    def codes_of_submission(self, pk: UUID) -> set[str]:
        rows = stored(SubmissionRow).filter(submission=pk).values_list("fields", flat=True)
        return {fields.get("notes", "") for fields in rows if fields} - {""}

    def codes_on_their_way(self) -> Counter[str]:
        """Return how many rows that may become tasks have each code."""
        rows = stored(SubmissionRow).filter(submission__status__in=("sending", "unconfirmed"))
        return Counter(
            code for fields in rows.values_list("fields", flat=True) if fields and (code := fields.get("notes"))
        )

    def code_rule(self) -> tuple[Any, ...] | None:
        """Return the rule by which each code is used once, since when, and whether earlier codes are known."""
        rule = stored(WorkflowRule).filter(kind="once", is_on=True).first()
        recorded = stored(RecordedField).filter(field=rule.field).first() if rule else None
        return (rule.pk, recorded.since, recorded.done_at is not None) if rule and recorded else None

    def attempts_of(self, **condition: object) -> set[tuple[UUID, int]]:
        """Return the ID and the latest attempt of each submission that meets the condition."""
        return set(stored(Submission).filter(**condition).values_list("pk", "attempt"))

    def owners_of(self, text: str) -> set[int]:
        """Return the owners of all submissions with the text."""
        rows = stored(SubmissionRow).exclude(fields=None).values_list("submission__owner_id", "fields")
        return {owner for owner, fields in rows if fields["input_text"] == text}

    def owner_of_upload(self, remote_id: str) -> int | None:
        """Return who sends the upload that has this ID at the API."""
        found = stored(ZipUpload).filter(remote_upload_id=UUID(remote_id))
        return found.values_list("submission__owner_id", flat=True).first()

    def token_of_upload(self, pk: UUID) -> str:
        """Return the token of the page on which the archive was chosen."""
        return str(stored(ZipUpload).values_list("submission__token", flat=True).get(pk=pk))

    def texts_of_owner(self, owner: int) -> set[str]:
        """Return the texts that a person may see: those that the person sent, imported or typed."""
        sent = stored(SubmissionRow).filter(submission__owner=owner).values_list("fields")
        rows = stored(Row).filter(sheet__owner=owner).values_list("cells", "edits", "fields")
        return texts_in([*sent, *rows, *stored(TypedDraft).filter(owner=owner).values_list("typed")])

    def status_of_import(self, pk: UUID) -> str:
        return stored(Sheet).values_list("status", flat=True).get(pk=pk)

    def state_of_group(self, pk: int) -> str:
        """Return the state of a group of failing tasks, or "" if it is gone."""
        return stored(ProblemGroup).filter(pk=pk).values_list("state", flat=True).first() or ""

    def submissions(self, **condition: object) -> list[tuple[UUID, int, set[str]]]:
        """Return the ID, the owner and the texts of each submission that meets the condition, oldest first."""
        found = stored(Submission).filter(**condition).order_by("created_at", "pk").values_list("pk", "owner_id")
        return [(pk, owner, self.texts_of_submission(pk)) for pk, owner in found]

    def newest_before(self, pk: UUID) -> int:
        """Return the ID above which the page of an unconfirmed submission lists tasks."""
        return stored(Submission).values_list("newest_task_id_before", flat=True).get(pk=pk) or 0

    def rows_of(self, pk: UUID) -> list[tuple[int, str]]:
        """Return the number that a page shows, and the text, of each row of a submission."""
        rows = stored(SubmissionRow).filter(submission=pk).order_by("index").values_list("number", "index", "fields")
        return [(number or index + 1, fields["input_text"]) for number, index, fields in rows if fields]

    def held_imports(self) -> list[tuple[UUID, int, int, list[tuple[int, str]]]]:
        """Return the imports that a person has to decide about after a restore.

        Each has its ID, owner, the ID above which its page lists tasks, and the numbers and texts of its ready rows.
        """
        held = stored(Sheet).filter(restored_from__isnull=False).exclude(status="deleted").order_by("pk")
        return [
            (pk, owner, newest, self._ready_of(pk))
            for pk, owner, newest in held.values_list("pk", "owner_id", "newest_task_id_before")
        ]

    def _ready_of(self, pk: UUID) -> list[tuple[int, str]]:
        ready = stored(Row).filter(sheet=pk, status="ready").order_by("number")
        return [(number, fields["input_text"]) for number, fields in ready.values_list("number", "fields")]

    def known_tasks(self) -> set[int]:
        """Return the tasks that the portal has recorded."""
        of_rows = stored(SubmissionRow).filter(task_id__gt=0).values_list("task_id", flat=True)
        return {*of_rows, *stored(UnattributedTask).values_list("task_id", flat=True)}

    def imports(self, *conditions: Q, **more: object) -> list[tuple[UUID, int]]:
        """Return the ID and the owner of each import that meets the conditions."""
        return list(stored(Sheet).filter(*conditions, **more).order_by("pk").values_list("pk", "owner_id"))
