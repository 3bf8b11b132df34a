"""The rows that go along with an archive, with their errors and what a person typed over them."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.timezone import get_current_timezone_name

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.core import notation
from pipelines_portal.core.json_text import cleaned
from pipelines_portal.matching.columns import Matching
from pipelines_portal.matching.row_values import RowReader
from pipelines_portal.spreadsheets.cells import Lines
from pipelines_portal.submissions.acceptances import LONGEST_REASON
from pipelines_portal.web.file_names import in_sentence
from pipelines_portal.workflows.checking import Entered, Native, RowCheck
from pipelines_portal.workflows.fields.field_values import FieldValues
from pipelines_portal.workflows.fields.reading.times import readings
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.fields.verdicts import UNKNOWN, Problem, Verdict
from pipelines_portal.workflows.rules.judge import NOT_ACCEPTED, Accepted, Rule, Rules
from pipelines_portal.workflows.rules.once import Use, UsedValue, add_used, once_rules, used_values, values_to_be_free

# One unknown field is enough for the API to reject a row.
MOST_UNKNOWN = 10
LONGEST_TEXT = 10_000
ALIKE, TYPED = "alike-", "typed"
CELL = re.compile(r"cell-(\d{1,7})-(.+)", re.DOTALL)
# A row, and the mark of one of its warnings.
ACCEPTED = re.compile(r"(\d{1,7})-(\d+\.\d+\.[0-9a-f]{16})")


@dataclass
class GivenRow:
    """The values of a row and their problems. `number` is its line in the file, or its position if there is no file."""

    number: int
    values: FieldValues
    # Also warnings that nobody has accepted.
    errors: list[Problem] = field(default_factory=list)
    accepted: list[Problem] = field(default_factory=list)
    # It goes along with errors, which Pipelines then says, too.
    goes_with_errors: bool = False

    @property
    def is_odd(self) -> bool:
        """Whether it is never sent: it has a warning that nobody has accepted, or an error that only a rule knows."""
        return any(problem.is_warning or (self.goes_with_errors and problem.rule) for problem in self.errors)


@dataclass
class Corrections:
    """Texts that a person typed over cells, by row and field, and warnings that the person accepted.

    `source` names the rows they were typed for.
    """

    source: str
    by_row: dict[int, dict[str, str]] = field(default_factory=dict)
    # Texts for all rows with the same error, by the error's key.
    alike: dict[str, str] = field(default_factory=dict)
    # The reasons of accepted warnings, by row and mark.
    accepted: dict[int, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def load(cls, posted: QueryDict, source: str, schema: Schema) -> "Corrections":
        """Read them from the page, unless the page shows other rows."""
        corrections = cls(source)
        if posted.get("corrections_of") != source:
            return corrections
        fields = {known.name: known for known in schema.fields}
        typed = ((found[1], found[2], str(posted[name])) for name in posted if (found := CELL.fullmatch(name)))
        for number, name, text in [*_earlier(posted.get("corrections", "")), *typed]:
            if name in fields:
                corrections.add(int(number), name, _without_words(fields[name], text))
        alike = {name.removeprefix(ALIKE): str(posted[name]) for name in posted if name.startswith(ALIKE)}
        corrections.alike = {key: text for key, text in alike.items() if text.strip()}
        corrections.load_accepted(posted)
        return corrections

    def load_accepted(self, posted: QueryDict) -> None:
        """Read what was ticked, now or at earlier checks. A mark belongs to one value: another one is not accepted."""
        if "take_back" in posted:
            return
        ticked = [(each, posted.get(f"why-{each}", "")) for each in posted.getlist("accept")]
        earlier = ((f"{number}-{mark}", why) for number, mark, why in _earlier(posted.get("accepted", "")))
        for each, why in (*earlier, *ticked):
            if found := ACCEPTED.fullmatch(each):
                self.accepted.setdefault(int(found[1]), {})[found[2]] = str(why).strip()[:LONGEST_REASON]

    def accepted_in(self, number: int) -> Accepted:
        return self.accepted.get(number, NOT_ACCEPTED)

    def add(self, number: int, name: str, text: str) -> None:
        self.by_row.setdefault(number, {})[name] = cleaned(text.replace("\r\n", "\n"))[:LONGEST_TEXT]

    def add_alike(self, number: int, problems: Iterable[Problem]) -> bool:
        """Add what was typed for all rows with one of these errors. Return whether there is any."""
        typed = [(problem.field, self.alike.get(key_of(problem), "")) for problem in problems] if self.alike else []
        for name, text in typed:
            if text:
                self.add(number, name, text)
        return any(text for _, text in typed)

    def count_right(self, rows: Iterable[GivenRow]) -> int:
        """Return how many corrected cells of the rows no longer have an error."""
        wrong = {(row.number, error.field) for row in rows for error in row.errors}
        cells = ((number, name) for number, texts_by_name in self.by_row.items() for name in texts_by_name)
        return sum(cell not in wrong for cell in cells)

    def as_json(self) -> str:
        return json.dumps(self.by_row, ensure_ascii=False)

    def accepted_as_json(self, rows: Iterable[GivenRow]) -> str:
        """Return what is accepted of these rows. Values that have changed are looked at again if they come back."""
        accepted = {
            row.number: {warning.mark: self.accepted[row.number][warning.mark] for warning in row.accepted}
            for row in rows
            if row.accepted
        }
        return json.dumps(accepted, ensure_ascii=False)


def key_of(problem: Problem) -> str:
    """Return a key that all rows with the same error share."""
    return sha256("\0".join((problem.field, problem.sentence, problem.value)).encode(errors="replace")).hexdigest()[:16]


def _earlier(text: str) -> Iterable[tuple[str, str, str]]:
    """Return the corrections of earlier checks, as the page carries them."""
    try:
        stored = json.loads(text or "{}")
        return [
            (str(int(number)), name, each)
            for number, row in stored.items()
            for name, each in row.items()
            if isinstance(each, str)
        ]
    except (ValueError, AttributeError):
        return []


def _without_words(known: Field, text: str) -> str:
    """Return the time that words such as "yesterday" mean now, and any other text as it is."""
    if not type_of(known).is_time or readings(text, None, is_day_first=True):
        return text
    return type_of(known).stored(text, notation.current(), get_current_timezone_name(), timezone.now())


def rows_of_lines(
    lines: Lines, schema: Schema, matching: Matching, corrections: Corrections, rules: Sequence[Rule] = ()
) -> list[GivenRow]:
    """Read the rows of a file. A correction that repeats the text of the cell is none."""
    reader, rows = RowReader(schema, matching, timezone.now(), rules), []
    fields = {known.name: known for known in schema.fields}
    for number, cells in lines:
        accepted = corrections.accepted_in(number)
        read = original = reader.read(cells, accepted=accepted)
        if typed := _without_repeats(corrections, number, original, fields):
            read = reader.read(cells, typed, accepted)
        if corrections.add_alike(number, read.problems):
            read = reader.read(cells, _without_repeats(corrections, number, original, fields), accepted)
        rows.append(GivenRow(number, read.values, read.problems, read.accepted))
    return rows


def judge_used(
    rows: list[GivenRow],
    schema: Schema,
    rules: Sequence[Rule],
    find: Callable[[list[UsedValue]], Mapping[UsedValue, Use]],
    corrections: Corrections,
) -> None:
    """Add problems to rows whose values were used, as `find` says, or are those of an earlier row."""
    once = once_rules(rules)
    if not once:
        return
    known, first = Rules(once, schema.fields), dict[UsedValue, Use]()
    values = [used_values(once, row.values).items() for row in rows]
    sent = find([value for row in rows for value in values_to_be_free(once, row.values)])
    for row, of_row in zip(rows, values, strict=True):
        verdict = Verdict(row.values, row.errors, row.accepted)
        add_used(known, verdict, sent, first=first)
        row.errors = verdict.problems
        for value in of_row:
            first.setdefault(value, Use(row.number))


def rows_of_values(
    values: Iterable[FieldValues], schema: Schema, corrections: Corrections, rules: Sequence[Rule] = ()
) -> list[GivenRow]:
    """Check rows that were stored as values."""
    check = RowCheck(schema.fields, notation.current(), get_current_timezone_name(), timezone.now(), rules=rules)
    fields = {known.name: known for known in schema.fields}
    rows = []
    for number, each in enumerate(values, 1):
        entered = {name: _entered(fields[name], value) for name, value in each.items() if name in fields}
        accepted = corrections.accepted_in(number)
        verdict = original = check.row(entered, accepted)
        if typed := _without_repeats(corrections, number, original, fields):
            verdict = check.row(entered | typed, accepted)
        if corrections.add_alike(number, verdict.problems):
            typed = _without_repeats(corrections, number, original, fields)
            verdict = check.row(entered | typed, accepted)
        unknown = [name for name in each if name not in fields][:MOST_UNKNOWN]
        problems = [Problem("", UNKNOWN, "Unknown", f"Unknown column “{in_sentence(name)}”", name) for name in unknown]
        # What is wrong stays with the row. It is nowhere else.
        wrong = [*unknown, *(problem.field for problem in verdict.problems if problem.value and not problem.is_warning)]
        kept = {name: typed.get(name, each.get(name)) for name in wrong}
        rows.append(
            GivenRow(
                number, kept | verdict.values, problems + verdict.problems, verdict.accepted, goes_with_errors=True
            )
        )
    return rows


def _entered(known: Field, value: Any) -> Entered:
    text = type_of(known).as_text(value)
    return text if isinstance(value, str) else Native(value, text)


def _without_repeats(corrections: Corrections, number: int, row: Verdict, fields: dict[str, Field]) -> dict[str, str]:
    """Return what was typed for a row and differs from the texts of its cells, which the page shows in its fields.

    A path that is not in the archive is only found to be wrong later, so texts without an error count too.
    """
    typed = corrections.by_row.get(number)
    if not typed:
        return {}
    shown = {name: type_of(fields[name]).as_text(value) for name, value in row.values.items() if name in fields}
    shown |= {problem.field: problem.value for problem in row.problems if not problem.is_warning}
    changed = {name: text for name, text in typed.items() if shown.get(name) != text}
    corrections.by_row[number] = changed
    return changed
