"""The base class of field types. What it answers holds for a text of one line."""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from django import forms

from pipelines_portal.api_client import Field
from pipelines_portal.core.notation import Notation
from pipelines_portal.core.unicode_forms import visible_text
from pipelines_portal.web.query_tokens import quoted
from pipelines_portal.workflows.fields.circumstances import LONGEST_WORD, Circumstances, Meanings
from pipelines_portal.workflows.fields.conditions import CannotRead, Condition, choice_condition, text_condition
from pipelines_portal.workflows.fields.inputs import EnteredField
from pipelines_portal.workflows.fields.reading.numbers import as_decimal, number_readings
from pipelines_portal.workflows.fields.rule_kinds import Kind

Choices = list[tuple[str, str]]


class FieldType:
    """What the portal knows of a field by its type. A type is a subclass, and an instance is about one field."""

    # The word of the API, and ours: in the portal, and in template files.
    api_name: ClassVar[str] = ""
    label_in_portal = label_in_files = ""
    # What a cell of a template file takes, in words, and whether its column has the format of texts.
    accepted: ClassVar[str] = ""
    has_text_cells = True
    # How the API's hint begins if it is written for programs, and what people read instead.
    hint_for_programs, hint = "", ""

    is_text = is_number = is_time = is_file = False
    # Whether its values are chosen from buttons or a list, and whether they help people to tell rows apart.
    is_chosen = tells_rows_apart = False
    # Whether the value of a spreadsheet's cell counts, and not the text that is shown for it.
    takes_values = False
    # In the form: whether two fit beside each other. In the grid: how cells are edited, and for how many characters a
    # column has room, at least and at most.
    is_short = has_lines = False
    editor: ClassVar[str] = "text"
    room: ClassVar[tuple[int, int]] = (26, 34)
    # The kinds of rules that make sense besides "is filled in", whether a rule may name a list of its codes, and
    # whether a rule may hold only for one of its values.
    rules: ClassVar[Sequence[Kind]] = ()
    is_coded = is_condition = False
    # Whether a search finds its values by their words.
    has_words = True

    def __init__(self, field: Field) -> None:
        self.field = field

    # --- what a text means --------------------------------------------------------------------------------------------

    def read(self, entered: Any, about: Circumstances) -> Any:
        """Return the value that is sent for a text, or for a value of a spreadsheet. Raise Wrong."""
        raise NotImplementedError

    def of_cell(self, value: Any, text: str) -> Any:
        """Return what counts of a spreadsheet's cell: its value, or the text that is shown for it."""
        return value if self.takes_values else text

    def text_of_cell(self, value: Any, text: str, decimal: str) -> str:
        """Return the text of a spreadsheet's cell as a person edits it."""
        return text

    def stored(self, text: str, notation: Notation, zone: str, now: datetime) -> str:
        """Return a typed text as it is stored: with one meaning, if the person's notation or its words settle it."""
        return text

    def stored_in_file(self, text: str, notation: Notation, zone: str, now: datetime) -> str:
        """Return a text typed over a cell of a file, which is read in the file's notation and zone."""
        return text

    @property
    def how_to_fill(self) -> str:
        """How a missing value is entered, after "is missing"."""
        return ""

    # --- choices ------------------------------------------------------------------------------------------------------

    @cached_property
    def choices(self) -> Choices:
        """The values and labels to choose from. Words may mean them."""
        return []

    @property
    def offered(self) -> Choices:
        """The values and labels that a list to choose from shows."""
        return self.choices

    @property
    def choices_in_files(self) -> list[Any]:
        """What a cell of a template file offers."""
        return [value for value, _ in self.offered]

    @property
    def accepted_in_files(self) -> str:
        """What a template file says of the cells."""
        parts = (self.accepted, self.help if self.field.format_hint else "")
        return ". ".join(part.rstrip(".") for part in dict.fromkeys(parts) if part)

    def label_of(self, value: str) -> str:
        return dict(self.choices).get(value, value)

    def is_choice(self, text: str) -> bool:
        """Return whether the field accepts the text as it is."""
        return False

    def same_choice(self, text: str) -> str:
        """Return the choice that differs from `text` only in case, accents, spaces or language, or ""."""
        return ""

    def meant(self, text: str, meanings: Meanings | None) -> str:
        """Return the choice that a text means, or "" if the text is a choice itself or matches none."""
        if not self.choices or not 0 < len(text) <= LONGEST_WORD or self.is_choice(text):
            return ""
        return self.same_choice(text) or (meanings.learned(self.field.name, text) if meanings else "")

    # --- texts --------------------------------------------------------------------------------------------------------

    def as_text(self, value: Any) -> str:
        """Return a value as a text that is read as this value again."""
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def shown(self, text: str) -> str:
        """Return the text of a value as cells show it."""
        return self.label_of(text)

    def shown_and_edited(self, text: str, notation: Notation, *, is_wrong: bool) -> tuple[str, str]:
        """Return the text of a cell as the grid shows it, and as it is edited there."""
        shown = dict(self.choices).get(text.strip(), text)
        return shown, shown

    def in_message(self, value: Any) -> str:
        """Return a value as messages about it show it."""
        return "" if value is None else str(value)

    # --- form and grid ------------------------------------------------------------------------------------------------

    def widget(self) -> forms.Widget:
        return forms.TextInput()

    def form_field(self) -> forms.Field:
        return EnteredField(widget=self.widget(), **self.labels())

    def input(self, zone: str, typed_in: Notation) -> forms.Field:
        """Return the form field. Times are local times in `zone`, written in the notation."""
        return self.form_field()

    def labels(self) -> dict[str, Any]:
        """Return label, help text and other arguments of the form field."""
        return {"label": self.field.label, "required": bool(self.field.required), "help_text": self.help}

    @property
    def help(self) -> str:
        """The help text, without what the input itself shows."""
        return self.field.format_hint or ""

    @property
    def format(self) -> str:
        """How a value is written, for people."""
        told = self.field.format_hint or ""
        return self.hint if self.hint and told.startswith(self.hint_for_programs) else told

    @property
    def has_suggestions(self) -> bool:
        """Whether a person's own earlier values are suggested: for short texts, which may repeat."""
        return False

    @property
    def items(self) -> list[str]:
        """The items to put in order, if the schema names them."""
        return []

    def in_order(self, text: str) -> list[str]:
        """Return all items: first those in the typed order, then the others."""
        return []

    # --- rules, and conditions of the list of tasks -------------------------------------------------------------------

    def of_choice(self, text: str) -> Any:
        """Return the value that a choice sends."""
        return text

    def differs(self, value: Any, listed: str) -> bool:
        """Return whether a value is another one than the text of a list, in whatever notation the list is written."""
        if isinstance(value, int | float):
            return as_decimal(value) not in map(as_decimal, number_readings(listed))
        return visible_text(str(value)) != visible_text(listed)

    def condition(self, name: str, sign: str, text: str) -> Condition:
        """Return whether a value is as `name:text` wants it. `sign` is "", ">", ">=", "<" or "<="."""
        if sign:
            raise CannotRead(f"Only numbers and dates can be compared. Use {name}:{quoted(text)}.")
        if self.choices:
            values = [value for value, _ in self.choices]
            return choice_condition(self.field.label, values, self.same_choice(text) or text)
        return text_condition(text)

    @property
    def example(self) -> str:
        """What a condition may say."""
        return quoted(next((value for value, _ in self.choices), "text"))

    @property
    def condition_offers(self) -> Sequence[str] | None:
        """What a condition is offered. None: the values that tasks have most often."""
        return [value for value, _ in self.choices] or None
