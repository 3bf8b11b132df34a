"""Workflows that people opened. Each is stored once for all who use its key, with marks for each person.

The API cannot list workflows, so the portal remembers them with their last known name and status.
"""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, FilteredRelation, Q
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client.models import CREATABLE_STATUSES
from pipelines_portal.core.bounded_cache import BoundedCache
from pipelines_portal.core.json_text import JSONTextField, cleaned
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.workflows.list_words import key_of
from pipelines_portal.workflows.rules.judge import Rule
from pipelines_portal.workflows.rules.stored import rules_for


class OpenedWorkflows(models.QuerySet["OpenedWorkflow"]):
    def marked_by(self, user: User) -> "OpenedWorkflows":
        """Annotate `is_pinned`, `is_hidden` and `visited_at` of this person, or None without a mark."""
        marked = self.annotate(mark=FilteredRelation("marks", condition=Q(marks__user=user)))
        return marked.annotate(  # type: ignore[no-redef]  # the model declares these attributes
            is_pinned=F("mark__is_pinned"), is_hidden=F("mark__is_hidden"), visited_at=F("mark__visited_at")
        )

    def in_sight(self) -> "OpenedWorkflows":
        """Leave out those that the person of `marked_by` hides."""
        # A plain exclude() would also drop those without a mark.
        return self.filter(Q(is_hidden=None) | Q(is_hidden=False))

    def hidden(self) -> "OpenedWorkflows":
        """Return those that the person of `marked_by` hides, by name."""
        return self.filter(Q(is_hidden=True)).order_by(Lower("name"), "workflow_id")

    def pinned_first(self) -> "OpenedWorkflows":
        """Sort by what the person of `marked_by` pinned, then by name."""
        return self.order_by(Coalesce("is_pinned", False).desc(), Lower("name"), "workflow_id")

    def recent_first(self) -> "OpenedWorkflows":
        """Sort by what the person of `marked_by` pinned, then by what they visited last."""
        return self.order_by(
            F("is_pinned").desc(nulls_last=True), F("visited_at").desc(nulls_last=True), Lower("name"), "workflow_id"
        )


class OpenedWorkflow(models.Model):
    """A workflow that somebody opened with a key, for all who use the key."""

    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="workflows")
    workflow_id = models.PositiveBigIntegerField()
    name = models.CharField(max_length=300)
    status = models.CharField(max_length=30)
    has_file_fields = models.BooleanField(default=False)
    # The field whose value identifies a task for people: see opening._title_field.
    title_field = models.CharField(max_length=200, blank=True)
    opened_at = models.DateTimeField(default=timezone.now)
    # The person who opened it. All who use the key see it in their list.
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    # When name and status were last read from the API.
    checked_at = models.DateTimeField(default=timezone.now)

    # Set by `marked_by`.
    is_pinned: bool | None
    is_hidden: bool | None

    # Whether it may have rules that are on.
    has_rules = True

    objects = OpenedWorkflows.as_manager()

    class Meta:
        ordering: ClassVar = ["name", "workflow_id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "workflow_id"], name="a_workflow_is_opened_once_a_key")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.workflow_id})"

    @property
    def number(self) -> str:
        """The ID as text. Templates localize numbers, which takes time."""
        return str(self.workflow_id)

    @property
    def accepts_tasks(self) -> bool:
        return self.status in CREATABLE_STATUSES

    def rules(self) -> list[Rule]:
        """Return the rules that are on. The workflow of a page knows whether there are any."""
        return rules_for(self.key_id, self.workflow_id) if self.has_rules else []


class WorkflowMark(models.Model):
    """The marks of one person on one workflow."""

    workflow = models.ForeignKey(OpenedWorkflow, models.CASCADE, related_name="marks", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    is_pinned = models.BooleanField(default=False)
    is_hidden = models.BooleanField(default=False)
    visited_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workflow", "user"], name="a_person_marks_a_workflow_once")
        ]


LONGEST_LIST_NAME, LONGEST_CODE, LONGEST_LABEL = 50, 200, 300
# Once so many codes were looked up one by one, all of them are read.
MOST_SINGLE_CODES = 20
# The codes of lists by list and time of its last change, and the same without case. They take 10 MB for 50,000 entries.
_codes: BoundedCache[tuple[int, datetime], tuple[frozenset[str], frozenset[str]]] = BoundedCache(4)
# The texts of one column by code. They take 8 MB for 50,000 entries.
_texts: BoundedCache[tuple[int, datetime, str], dict[str, str]] = BoundedCache(8)


class ReferenceList(models.Model):
    """A table of allowed values, for all workflows of a key. Its entries are replaced by a file: see lists.py.

    A rule that is one of its codes reads them through it.
    """

    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=LONGEST_LIST_NAME)
    # The names of the columns of its file. The cells of an entry are in the same order.
    columns = JSONTextField(default=list)
    code_column = models.PositiveSmallIntegerField(default=0)
    # None: its entries have only a code.
    name_column = models.PositiveSmallIntegerField(null=True)
    version = models.PositiveIntegerField(default=1)
    entry_count = models.PositiveIntegerField(default=0)
    # Who replaced its entries last.
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["key", "name"], name="a_key_has_one_list_of_a_name")]

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self._looked_up: dict[str, list[str] | None] = {}

    def __str__(self) -> str:
        return self.name

    @property
    def code_title(self) -> str:
        return str(self.columns[self.code_column])

    @property
    def name_title(self) -> str:
        return "" if self.name_column is None else str(self.columns[self.name_column])

    def has_code(self, code: str) -> bool:
        if len(code) > LONGEST_CODE or cleaned(code) != code:
            return False  # PostgreSQL could not look it up
        if codes := self._all_codes():
            return code in codes[0]
        return self._cells_of(code) is not None

    def cell(self, code: str, column: str) -> str:
        """Return what the list has beside a code in one of its further columns, or ""."""
        if not self.has_code(code) or column not in self.columns:
            return ""
        if self._all_codes():
            return self._texts_in(column).get(code, "")
        place, cells = self.columns.index(column), self._cells_of(code) or []
        return cells[place] if place < len(cells) else ""

    def _cells_of(self, code: str) -> list[str] | None:
        if code not in self._looked_up:
            self._looked_up[code] = self.entries.filter(code=code).values_list("cells", flat=True).first()
        return self._looked_up[code]

    def _texts_in(self, column: str) -> dict[str, str]:
        """Return the texts of a column by code."""
        place, version = self.columns.index(column), (self.pk, self.changed_at, column)
        texts = _texts.get(version)
        if texts is None:
            entries = self.entries.order_by().values_list("code", "cells").iterator()
            texts = {code: cells[place] for code, cells in entries if place < len(cells) and cells[place]}
            _texts.put(version, texts)
        return texts

    def has_code_in_other_case(self, code: str) -> bool:
        if codes := self._all_codes():
            return code.casefold() in codes[1]
        alike = self.entries.filter(words__reference_list=self.pk, words__folded=key_of(code))
        return any(found.casefold() == code.casefold() for found in alike.values_list("code", flat=True))

    def _all_codes(self) -> tuple[frozenset[str], frozenset[str]] | None:
        """Return all codes, and the same without case, if they were read or many were looked up."""
        place = (self.pk, self.changed_at)
        codes = _codes.get(place)
        if codes is None and len(self._looked_up) >= MOST_SINGLE_CODES:
            read = list(self.entries.order_by().values_list("code", flat=True))
            codes = frozenset(read), frozenset(code.casefold() for code in read)
            _codes.put(place, codes)
        return codes


class ListEntry(models.Model):
    """A line of a list."""

    reference_list = models.ForeignKey(ReferenceList, models.CASCADE, related_name="entries", db_index=False)
    code = models.CharField(max_length=LONGEST_CODE)
    label = models.CharField(max_length=LONGEST_LABEL, blank=True)
    cells = JSONTextField(default=list)

    class Meta:
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["reference_list", "code"], name="a_code_is_in_a_list_once")
        ]

    def __str__(self) -> str:
        return self.code


class ListWord(models.Model):
    """What an entry is found by: see list_words.py."""

    reference_list = models.ForeignKey(ReferenceList, models.CASCADE, related_name="+", db_index=False)
    # Deleted with its entry by lists.py, or with the list: a cascade would read all entries.
    entry = models.ForeignKey(ListEntry, models.DO_NOTHING, related_name="words")
    folded = models.BinaryField()

    class Meta:
        ordering: ClassVar = ["folded"]
        indexes: ClassVar = [models.Index(fields=["reference_list", "folded"], name="words_of_a_list")]

    def __str__(self) -> str:
        return bytes(self.folded).decode(errors="replace")


class ListFile(models.Model):
    """The lines of a file that a person chose for a list, until they decide what its columns are. At most for a day."""

    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    # The list that it replaces.
    reference_list = models.ForeignKey(ReferenceList, models.CASCADE, null=True, related_name="+")
    name = models.CharField(max_length=255)
    # Compressed JSON: see entry/lists/files.py.
    content = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        ordering: ClassVar = ["created_at"]

    def __str__(self) -> str:
        return self.name


class WorkflowNote(models.Model):
    """Instructions for a workflow, or a hint for one of its fields, for all who use the key.

    They stay when the workflow is taken off the list.
    """

    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="+", db_index=False)
    workflow_id = models.PositiveBigIntegerField()
    # Empty: the instructions for the workflow.
    field = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    # Whether people's own earlier values are suggested in the field.
    has_suggestions = models.BooleanField(default=True)
    # Who wrote it last.
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "workflow_id", "field"], name="a_field_has_one_note")
        ]

    def __str__(self) -> str:
        return f"{self.field or 'instructions'}: {self.text[:50]}"


class FieldTitles(models.Model):
    """The titles of a workflow's fields by their names, and its schema as it was read last.

    They have a table of their own: lists do not need them.
    """

    workflow = models.OneToOneField(OpenedWorkflow, models.CASCADE, primary_key=True, related_name="field_titles")
    titles = models.JSONField(default=dict)
    # What the API returned last, for pages that open while it is away. None: it was not read since this is stored.
    schema = models.JSONField(null=True)

    class Meta:
        ordering: ClassVar = ["workflow"]
