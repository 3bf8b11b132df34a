"""The fields of the form as its page shows them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.core import notation
from pipelines_portal.core.bounded_cache import BoundedCache
from pipelines_portal.core.notation import Notation
from pipelines_portal.workflows.fields.questions import likely_first, notation_of_answer
from pipelines_portal.workflows.fields.ranking import SENT, moved
from pipelines_portal.workflows.fields.time_inputs import ClockTime
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.fields.verdicts import LONGEST_ANSWER, TWO_TIMES, Answer, Problem
from pipelines_portal.workflows.schema_form import PREFIX, SchemaForm


@dataclass(frozen=True)
class RankedItem:
    """One item of a ranking; `number` counts from 1."""

    number: str
    item: str
    is_first: bool
    is_last: bool


@dataclass(frozen=True)
class Entry:
    field: BoundField
    remote: Field
    is_pinned: bool
    # What somebody wrote about the field for all who use the key.
    hint: str
    # The person's most frequent values, for a page without JavaScript.
    earlier: list[str]
    # The list that its value is a code of.
    list_name: str = ""
    # Whether the person can only ask others to add a code to it.
    may_request: bool = False

    @property
    def is_missing_in_list(self) -> bool:
        """True if a rule says that the value is not in the list."""
        form: Any = self.field.form
        problems = (
            form.verdict.problems if self.list_name and self.field.errors and isinstance(form, SchemaForm) else ()
        )
        with_list = {rule.pk for rule in form.rules if rule.codes} if problems else ()
        return any(each.field == self.remote.name and each.rule in with_list for each in problems)

    @property
    def warning(self) -> Problem | None:
        """What a rule warns of, if nothing else is wrong with the value; also once the person has accepted it."""
        form: Any = self.field.form
        if not isinstance(form, SchemaForm):
            return None
        accepted = None if self.field.errors else form.accepted.get(self.remote.name)
        return form.warnings.get(self.remote.name) or accepted

    @property
    def is_accepted(self) -> bool:
        return self.warning is not None and not self.field.errors

    @property
    def reason(self) -> str:
        """Why the person accepted the warning."""
        form: Any = self.field.form
        return str(form.data.get(f"why-{self.warning.mark}", "")) if self.warning else ""

    @property
    def lacks_reason(self) -> bool:
        """True if the person accepted the warning without the reason that it needs."""
        form: Any = self.field.form
        return self.warning is not None and not self.is_accepted and self.warning.mark in form.accepted_reasons()

    @property
    def is_group(self) -> bool:
        """True if it has several inputs, so that its label belongs to none of them."""
        return bool(self.field.use_fieldset or self.ranking)

    @property
    def ranking(self) -> list[RankedItem]:
        """The items in order, if the workflow defines them."""
        items = type_of(self.remote).in_order(str(self.field.value() or ""))
        last = len(items) - 1
        return [RankedItem(str(at + 1), item, at == 0, at == last) for at, item in enumerate(items)]

    @property
    def is_sent(self) -> bool:
        """True if somebody chose the order."""
        return bool(self.field.value())

    @property
    def possible_values(self) -> list[Answer]:
        """The meanings of a text that has more than one. Two moments of one time are chosen beside its input."""
        question = self._question
        return likely_first(question, notation.likely()) if question else []

    @property
    def can_be_kept(self) -> bool:
        """True if an answer can also be the person's format for all numbers or dates."""
        question = self._question
        return question is not None and notation_of_answer(question, question.answers[0].text) is not None

    @property
    def _question(self) -> Problem | None:
        form: Any = self.field.form
        questions = form.verdict.questions if self.field.errors and isinstance(form, SchemaForm) else []
        return next((each for each in questions if each.field == self.remote.name and each.kind != TWO_TIMES), None)

    @property
    def is_time(self) -> bool:
        return isinstance(self.field, ClockTime)

    @property
    def has_suggestions(self) -> bool:
        return bool(self.list_name) or type_of(self.remote).has_suggestions

    @property
    def is_short(self) -> bool:
        """True if two fit beside each other."""
        return type_of(self.remote).is_short


def entries(
    form: SchemaForm,
    pinned: set[str],
    earlier: dict[str, list[str]],
    lists: Mapping[str, str],
    *,
    may_request: bool = False,
) -> list[Entry]:
    """Return the fields to fill in.

    `pinned` are the names of pinned ones, `earlier` has values to choose from, `lists` the names of lists by field, to
    which the person may ask to add codes.
    """
    for field in form.entered:
        if field.name in lists:
            form.fields[PREFIX + field.name].widget.attrs["data-offers"] = field.name
        elif field.name in earlier and type_of(field).has_suggestions:
            name = PREFIX + field.name
            form.fields[name].widget.attrs["list"] = f"{form[name].auto_id}_earlier"
    return [
        Entry(
            form[PREFIX + field.name],
            field,
            field.name in pinned,
            form.hints.get(field.name, ""),
            [] if field.name in lists else earlier.get(field.name, []),
            lists.get(field.name, ""),
            may_request,
        )
        for field in form.entered
    ]


def title_fields(schema: Schema) -> list[str]:
    """Return the fields by which people recognize a task: required texts, then other texts, then the rest."""
    recognizable = [field for field in schema.fields if type_of(field).tells_rows_apart]
    recognizable.sort(key=lambda field: (not type_of(field).is_text, not field.required))
    return [field.name for field in recognizable]


# Forms with long texts are not cached.
LONGEST_CACHED = 30_000
_cache: BoundedCache[str, SafeString] = BoundedCache(200)


def fields_html(form: SchemaForm, entries: list[Entry], time_url: str) -> SafeString:
    """Render the fields. `time_url` says what a time means.

    The HTML is cached by all that decides on it, without what was typed, and without times, which show a clock.
    """
    key = ""
    if not form.is_bound and form.typed is None and not any(entry.is_time or entry.earlier for entry in entries):
        pinned = [entry.is_pinned for entry in entries]
        lists = [entry.list_name for entry in entries]
        key = json.dumps([form.remote.digest, form.initial, pinned, form.hints, lists], sort_keys=True, default=str)
    cached = _cache.get(key) if key else None
    if cached is not None:
        return cached
    html = render_to_string("entry/form/_fields.html", {"entries": entries, "time_url": time_url})
    if key and len(html) <= LONGEST_CACHED:
        _cache.put(key, html)
    return html


STEPS = {"up": -1, "down": 1}


def with_answer(posted: QueryDict) -> QueryDict:
    """Return the posted form with the meaning that a person chose, as the button `answer` says: `<input>:<text>`."""
    name, text = _answer_in(posted)
    changed = posted.copy()
    if name:
        changed[name] = text[:LONGEST_ANSWER]
    return changed


def _answer_in(posted: QueryDict) -> tuple[str, str]:
    """Return the input of the answer, or "", and the text. Names of fields may hold colons, as times do."""
    answer = posted.get("answer", "")
    names = [name for name in posted if name.startswith(PREFIX) and answer.startswith(f"{name}:")]
    name = max(names, key=len, default="")
    return name, answer.removeprefix(f"{name}:")


def notation_to_keep(form: SchemaForm, posted: QueryDict) -> Notation | None:
    """Return the notation that an answer shows, if the person wants to keep it (`always`). Validates the form."""
    name, text = _answer_in(posted)
    if name not in posted.getlist("always") or form.is_valid():
        return None
    questions = [each for each in form.verdict.questions if PREFIX + each.field == name]
    return notation_of_answer(questions[0], text) if questions else None


def with_move(posted: QueryDict) -> QueryDict:
    """Return the posted form with one item of a ranking moved, as its button `move` says: `<input>:<number>:up`."""
    name, number, way = (posted.get("move", "").rsplit(":", 2) + ["", "", ""])[:3]
    if way not in STEPS or not number.isdecimal() or len(number) > 4:
        return posted
    changed = posted.copy()
    changed.setlist(name, moved(posted.getlist(name), int(number) - 1, STEPS[way]))
    changed[SENT + name] = "1"
    return changed
