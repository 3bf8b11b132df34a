"""Yes or no."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django import forms

from pipelines_portal.core.notation import Notation
from pipelines_portal.workflows.fields.base import Choices, FieldType
from pipelines_portal.workflows.fields.circumstances import Circumstances
from pipelines_portal.workflows.fields.conditions import CannotRead, Condition
from pipelines_portal.workflows.fields.inputs import choice_field
from pipelines_portal.workflows.fields.reading.plain_words import without_accents
from pipelines_portal.workflows.fields.verdicts import OPTION, Wrong

YES, NO = "true", "false"
# The words that the API itself takes.
WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_OTHER_WORDS = {
    **dict.fromkeys(("y", "on", "x", "✓", "✔", "j", "ja", "wahr", "oui", "vrai", "si"), YES),
    **dict.fromkeys(("n", "off", "nein", "falsch", "non", "faux"), NO),
}


class Boolean(FieldType):
    api_name, label_in_portal, label_in_files = "boolean", "Yes or no", "Yes or no"
    accepted = "yes or no"
    hint_for_programs, hint = "true or false", "Yes or no"
    help = ""
    is_chosen = is_short = is_condition = takes_values = True
    has_text_cells = has_words = False
    room = (4, 4)

    @cached_property
    def choices(self) -> Choices:
        return [(YES, "Yes"), (NO, "No")]

    @property
    def choices_in_files(self) -> list[Any]:
        return ["yes", "no"]

    @property
    def condition_offers(self) -> Sequence[str]:
        return ("yes", "no")

    def form_field(self) -> forms.Field:
        return choice_field(self.choices, blank="Not set", **self.labels())

    def read(self, entered: Any, about: Circumstances) -> Any:
        if isinstance(entered, (bool, int, float)) and entered in (0, 1):
            return bool(entered)
        word = entered.strip() if isinstance(entered, str) else ""
        word = self.meant(word, about.meanings) or word
        if (value := WORDS.get(word.lower())) is None:
            raise Wrong(OPTION, "Not an option", "Choose Yes or No.")
        return value

    def is_choice(self, text: str) -> bool:
        return text.strip().lower() in WORDS

    def same_choice(self, text: str) -> str:
        return _OTHER_WORDS.get(text.strip()) or _OTHER_WORDS.get(without_accents(text), "")

    def of_choice(self, text: str) -> Any:
        return text == YES

    def differs(self, value: Any, listed: str) -> bool:
        meant = WORDS.get(self.same_choice(listed) or listed.strip().lower())
        return meant is not None and value != meant

    def shown_and_edited(self, text: str, notation: Notation, *, is_wrong: bool) -> tuple[str, str]:
        shown = {"yes": "Yes", "1": "Yes", "no": "No", "0": "No"}.get(text.strip().lower())
        return (shown, shown) if shown else super().shown_and_edited(text, notation, is_wrong=is_wrong)

    def condition(self, name: str, sign: str, text: str) -> Condition:
        if sign:
            return super().condition(name, sign, text)
        wanted = WORDS.get(self.same_choice(text) or text.lower())
        if wanted is None:
            raise CannotRead(f"Use {name}:yes or {name}:no.")
        return lambda value: value is wanted
