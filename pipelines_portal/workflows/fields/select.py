"""One of the options, or any text if the schema names none."""

from collections import Counter
from functools import cached_property, lru_cache
from typing import Any

from django import forms

from pipelines_portal.workflows.fields.base import Choices, FieldType
from pipelines_portal.workflows.fields.circumstances import Circumstances
from pipelines_portal.workflows.fields.inputs import choice_field
from pipelines_portal.workflows.fields.reading.plain_words import without_accents
from pipelines_portal.workflows.fields.rule_kinds import Kind
from pipelines_portal.workflows.fields.texts import as_text
from pipelines_portal.workflows.fields.verdicts import OPTION, Wrong

MOST_LISTED = 20
# Of a column in the explanations of a template file.
MOST_IN_TEMPLATE = 50


class Select(FieldType):
    api_name, label_in_portal, label_in_files = "select", "Choice", "One of a list"
    is_chosen = is_short = tells_rows_apart = is_condition = True
    room = (5, 18)
    rules = (Kind.ONE_OF,)

    @cached_property
    def choices(self) -> Choices:
        return [(choice, choice) for choice in self.field.choices]

    @property
    def has_suggestions(self) -> bool:
        return not self.field.choices

    @property
    def help(self) -> str:
        return "" if self.field.choices else super().help

    def form_field(self) -> forms.Field:
        if not self.choices:
            return super().form_field()
        return choice_field(self.choices, blank="Choose one" if self.field.required else "Not set", **self.labels())

    def read(self, entered: Any, about: Circumstances) -> Any:
        value = as_text(entered)
        choices = self.field.choices
        if not choices and not isinstance(value, str):
            raise Wrong("text", "Not text", "Enter a text.")
        value = (self.meant(value, about.meanings) if isinstance(value, str) else "") or value
        if choices and value not in choices:
            more = f" and {len(choices) - MOST_LISTED} more" if len(choices) > MOST_LISTED else ""
            listed = ", ".join(choices[:MOST_LISTED])
            raise Wrong(OPTION, "Not an option", f"Choose one of the options: {listed}{more}.")
        return value

    def is_choice(self, text: str) -> bool:
        return text in self.field.choices

    def same_choice(self, text: str) -> str:
        return _choices_by_word(tuple(self.field.choices)).get(without_accents(text), "")

    def differs(self, value: Any, listed: str) -> bool:
        if not self.choices:
            return super().differs(value, listed)
        meant = listed if self.is_choice(listed) else self.same_choice(listed)
        return bool(meant) and value != meant

    @property
    def accepted_in_files(self) -> str:
        choices = self.field.choices
        more = [f"and {len(choices) - MOST_IN_TEMPLATE} more in the list"] if len(choices) > MOST_IN_TEMPLATE else []
        return "\n".join(choices[:MOST_IN_TEMPLATE] + more) or super().accepted_in_files


@lru_cache(maxsize=64)
def _choices_by_word(choices: tuple[str, ...]) -> dict[str, str]:
    """Return the choices by their text without case and accents. Two equal ones mean nothing."""
    counts = Counter(map(without_accents, choices))
    return {without_accents(choice): choice for choice in choices if counts[without_accents(choice)] == 1}
