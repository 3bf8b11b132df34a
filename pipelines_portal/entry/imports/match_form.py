"""What a person says about the columns of a file, and what is still to be said."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django import forms

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.entry.imports.forms import WRITTEN, numbers_and_dates
from pipelines_portal.entry.imports.matching import Column, Matching, folded
from pipelines_portal.entry.imports.proposing import Blocks, Proposal, missing_fields
from pipelines_portal.entry.imports.row_values import RowReader
from pipelines_portal.entry.imports.words import Word, choices_of, same_choice, words_of

ASIDE, FIELD = "aside", "field:"
CHOOSE = "Choose a field for this column, or set it aside."
TWICE = "Another column is this field too: choose one of them."
TOLD = "The file's own numbers suggest {}."
MISSING = "Every row needs it: match a column, or give one value for all rows."
NEW_WORDS = (
    "These words are no choice of the field. Say what they mean, or leave them: those rows are to be fixed then."
)


@dataclass
class ColumnChoice:
    """A column as the page shows it."""

    place: int
    column: Column
    samples: list[str]
    offered: list[Field] = field(default_factory=list)
    error: str = ""

    @property
    def input(self) -> str:
        return f"column-{self.place}"

    @property
    def value(self) -> str:
        return ASIDE if self.column.is_aside else f"{FIELD}{self.column.field}" if self.column.field else ""


@dataclass
class WordChoice:
    """A word that is no choice of its field, and the one it is taken for."""

    word: Word
    input: str
    choices: list[tuple[str, str]]
    value: str = ""
    # Taken for it by itself: it differs in case, accents or spaces only.
    is_same: bool = False


@dataclass
class Constant:
    """A field without a column, and the value that all rows get for it, as typed."""

    known: Field
    text: str = ""
    error: str = ""

    @property
    def input(self) -> str:
        return f"constant-{self.known.name}"


class MatchForm:
    """`matching` is what was proposed, with what was posted over it."""

    def __init__(self, schema: Schema, proposal: Proposal, blocks: Blocks, data: Mapping[str, str] | None) -> None:
        self.schema, self.data = schema, data
        self.fields = {known.name: known for known in schema.fields}
        self.matching = proposal.matching if data is None else self._posted(proposal.matching, data)
        self.offered = proposal.offered
        self.switches = self._switches()
        if proposal.decimal and "decimal" in self.switches.fields:
            self.switches.fields["decimal"].help_text = TOLD.format(WRITTEN[proposal.decimal])
        self.words = {name: self._word_choices(name, words) for name, words in words_of(
            schema, self.matching, blocks).items() if words}  # fmt: skip
        self.errors: dict[str, str] = {}

    def _posted(self, proposed: Matching, data: Mapping[str, str]) -> Matching:
        columns = [self._column(place, column, data) for place, column in enumerate(proposed.columns)]
        constants = {name: data.get(f"constant-{name}", "").replace("\r\n", "\n") for name in self.fields}
        return replace(proposed, columns=columns, constants={name: text for name, text in constants.items() if text})

    def _column(self, place: int, column: Column, data: Mapping[str, str]) -> Column:
        """Why it was matched is said as long as nobody matched it otherwise."""
        value = data.get(f"column-{place}")
        if not column.header or value is None:
            return column
        name = value.removeprefix(FIELD) if value.startswith(FIELD) else ""
        chosen = Column(column.header, name if name in self.fields else "", is_aside=value == ASIDE)
        return column if (chosen.field, chosen.is_aside) == (column.field, column.is_aside) else chosen

    def _switches(self) -> forms.Form:
        """How numbers and dates are written."""
        now = {
            "decimal": self.matching.decimal,
            "day_first": "day" if self.matching.day_first else "month",
            "zone": self.matching.zone,
        }
        form = forms.Form(self.data, initial=now, label_suffix="")
        form.fields.update(numbers_and_dates(self.schema))
        if form.is_valid():
            said = form.cleaned_data
            self.matching.decimal = said.get("decimal", self.matching.decimal)
            self.matching.day_first = said.get("day_first", now["day_first"]) == "day"
            self.matching.zone = said.get("zone", self.matching.zone)
        return form

    def _word_choices(self, name: str, words: list[Word]) -> list[WordChoice]:
        known, meant = self.fields[name], self.matching.words.get(name, {})
        choices = choices_of(known)
        shown = []
        for word in words:
            same = same_choice(known, word.text)
            each = WordChoice(word, f"word-{name}-{word.key}", choices, meant.get(folded(word.text), "") or same)
            each.is_same = bool(same) and each.value == same
            each.value = (self.data or {}).get(each.input, each.value)
            shown.append(each)
        return shown

    def with_column(self, place: str, name: str) -> None:
        """A click on an offer: the column is that field."""
        if place.isdigit() and int(place) < len(self.matching.columns) and name in self.fields:
            self.matching.columns[int(place)] = Column(self.matching.columns[int(place)].header, name)

    def is_valid(self) -> bool:
        """Fills `errors`, by the name of the input that each is about."""
        self._check_columns()
        self.errors |= {f"constant-{known.name}": MISSING for known in missing_fields(self.schema, self.matching)}
        self._check_constants()
        self._check_words()
        return not self.errors and self.switches.is_valid()

    def _check_columns(self) -> None:
        taken = [column.field for column in self.matching.columns if column.field]
        for place, column in enumerate(self.matching.columns):
            if not column.is_settled:
                self.errors[f"column-{place}"] = CHOOSE
            elif taken.count(column.field) > 1:
                self.errors[f"column-{place}"] = TWICE

    def _check_constants(self) -> None:
        reader = RowReader(self.schema, self.matching)
        for name, text in self.matching.constants.items():
            if fault := reader.judge(self.fields[name], text)[1]:
                self.errors[f"constant-{name}"] = f"{fault.message}."

    def _check_words(self) -> None:
        """What they mean is kept; those never shown are shown first, and then may be left."""
        asked = self.data or {}
        for name, choices in self.words.items():
            values = {choice for choice, _ in choices_of(self.fields[name])}
            self.matching.words[name] = {folded(each.word.text): each.value for each in choices if each.value in values}
            if any(each.input not in asked and not each.is_same for each in choices):
                self.errors[f"words-{name}"] = NEW_WORDS

    def columns(self, samples: list[list[str]]) -> list[ColumnChoice]:
        """Those to be shown: not those that are empty from top to bottom."""
        return [
            ColumnChoice(
                place, column, samples[place], self._offers(place, column), self.errors.get(f"column-{place}", "")
            )
            for place, column in enumerate(self.matching.columns)
            if column.header
        ]

    def _offers(self, place: int, column: Column) -> list[Field]:
        names = self.offered[place] if place < len(self.offered) and not column.is_settled else []
        return [self.fields[name] for name in names]

    def constants(self) -> list[Constant]:
        """Of the fields without a column, required ones first; and those that were given one nevertheless."""
        given, places = self.matching.constants, self.matching.places()
        left = [known for known in self.schema.fields if known.name not in places or known.name in given]
        return [
            Constant(known, given.get(known.name, ""), self.errors.get(f"constant-{known.name}", ""))
            for known in sorted(left, key=lambda known: not known.required)
        ]

    def word_groups(self) -> list[tuple[Field, list[WordChoice], str]]:
        """Field, what its words mean, and what is to be said of them."""
        return [(self.fields[name], each, self.errors.get(f"words-{name}", "")) for name, each in self.words.items()]
