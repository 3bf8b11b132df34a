"""The form of a rule. Its inputs depend on the field and the kind that are chosen in it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from pipelines_portal.api_client import Schema
from pipelines_portal.core import notation
from pipelines_portal.workflows.fields.base import FieldType
from pipelines_portal.workflows.fields.reading.numbers import clear_number, json_number, number_readings, plain_number
from pipelines_portal.workflows.fields.rule_kinds import Kind
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.models import ReferenceList
from pipelines_portal.workflows.rules.judge import MOST_VALUES, Op, Rule
from pipelines_portal.workflows.rules.masks import (
    LONGEST_TEXT,
    MOST_MISSING,
    count_missing,
    fits,
    looking_like,
    mask_of,
)
from pipelines_portal.workflows.rules.stored import WorkflowRule

LONGEST_MESSAGE, LONGEST_DAYS, LONGEST_SHOWN = 200, 3650, 30
LONGEST_NAME = WorkflowRule._meta.get_field("field").max_length or 0
FILLS = "fills-"
SEVERITIES = [
    ("error", "Error: the row can’t be created until it is corrected"),
    ("warning", "Warning: someone has to look and accept it. Their name and the time are stored"),
]
WORDS = {
    Kind.PATTERN: "looks like",
    Kind.COMPARE: "compares",
    Kind.ONE_OF: "is one of",
    Kind.ONCE: "is used once",
    Kind.FILLED: "is filled in",
}
HELP = {
    Kind.PATTERN: "Made from one example: A-123456, R2026-00017",
    Kind.COMPARE: "At least or at most: a number, another field, or a time",
    Kind.ONE_OF: f"A list, or up to {MOST_VALUES} values",
    Kind.ONCE: "No two tasks from here have the same value. Values of tasks made elsewhere are unknown.",
    Kind.FILLED: "Required here, although Pipelines doesn’t require it",
}
NUMBER_OPS = [(op.value, f"is {op.value}") for op in Op]
# What a time is compared with: the words, the operator, and the sign of the days.
TIME_OPS: dict[str, tuple[str, Op, int | None]] = {
    "future": ("is not in the future", Op.AT_MOST, 0),
    "past": ("is not in the past", Op.AT_LEAST, 0),
    "days ago": ("is at most so many days ago", Op.AT_LEAST, -1),
    "days ahead": ("is at most so many days ahead", Op.AT_MOST, 1),
    "from": ("is not before another field", Op.AT_LEAST, None),
    "to": ("is not after another field", Op.AT_MOST, None),
}


def _named(types: Iterable[FieldType]) -> list[tuple[str, str]]:
    return [(each.field.name, each.field.label) for each in types]


class NoteForm(forms.Form):
    note = forms.CharField(
        label="What is wrong with it?", max_length=LONGEST_MESSAGE, widget=forms.Textarea(attrs={"rows": 3})
    )


class RuleForm(forms.Form):
    field = forms.ChoiceField(label="Field")
    kind = forms.ChoiceField(label="It…", widget=forms.RadioSelect)
    when = forms.ChoiceField(label="When", required=False)
    message = forms.CharField(
        label="Message",
        required=False,
        max_length=LONGEST_MESSAGE,
        help_text="Shown at the cell and under the grid. Say how to correct it. Empty: the rule itself.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    if_not = forms.ChoiceField(
        label="If not", required=False, choices=SEVERITIES, initial="error", widget=forms.RadioSelect
    )
    needs_reason = forms.BooleanField(label="Ask for a reason", required=False)

    def __init__(
        self,
        schema: Schema,
        data: QueryDict | None = None,
        stored: WorkflowRule | None = None,
        lists: Sequence[ReferenceList] = (),
    ) -> None:
        self.lists = {str(each.pk): each for each in lists}
        given: dict[str, Any] = _as_posted(stored, schema) if stored else {}
        if data is not None:
            given = dict(data.items()) | {"values": data.getlist("values")}
            given["number"] = given.get("number_as", given.get("number", ""))  # one of the `readings` was chosen
        # What a number means that has two meanings, with a text for each that has one.
        self.readings: list[tuple[str, str]] = []
        super().__init__(None if data is None else given, initial=given, label_suffix="")
        self.given = given
        types = [type_of(each) for each in schema.fields if len(each.name) <= LONGEST_NAME]
        self.known = {kind.field.name: kind for kind in types if not kind.is_file}
        first = next(iter(self.known.values()), None)
        self.chosen = self.known.get(str(given.get("field")), first)
        self.fields["field"].choices = _named(self.known.values())  # type: ignore[attr-defined]
        kinds = [*self.chosen.rules, Kind.FILLED] if self.chosen else []
        wanted = str(given.get("kind", ""))
        self.shown_kind = Kind(wanted) if wanted in kinds else (kinds or [Kind.FILLED])[0]
        self.fields["kind"].choices = [(kind.value, WORDS[kind]) for kind in kinds]  # type: ignore[attr-defined]
        self.fields["kind"].help_text = HELP[self.shown_kind]
        self.initial["kind"] = self.shown_kind.value
        self.shown_severity = given["if_not"] = str(given.get("if_not") or "error")
        if self.shown_kind == Kind.ONCE:  # always an error: nobody can take back the second task
            del self.fields["if_not"], self.fields["needs_reason"]
            self.shown_severity = "error"
        self.own_names = list(self._add_own_fields())
        self._add_condition()
        given["kind"] = self.shown_kind.value  # another field was chosen, which has no such kind

    def _add_own_fields(self) -> list[str]:
        """Add the inputs of the chosen kind. Return their names."""
        before = set(self.fields)
        if self.shown_kind == Kind.PATTERN:
            self._add_pattern()
        elif self.shown_kind == Kind.COMPARE and self.chosen:
            self._add_compare(self.chosen)
        elif self.shown_kind == Kind.ONE_OF and self.chosen:
            self._add_values(self.chosen)
        return [name for name in self.fields if name not in before]

    def _add_pattern(self) -> None:
        example, mask = (str(self.given.get(name, "")) for name in ("example", "mask"))
        if not mask or mask == mask_of(str(self.given.get("made_from", ""))):
            self.given["mask"] = mask_of(example)  # nobody has edited it: it follows the example
        self.given["made_from"] = example
        self.fields["example"] = forms.CharField(
            label="One good example", max_length=LONGEST_TEXT, widget=forms.TextInput(attrs={"autocomplete": "off"})
        )
        # Before the mask: what is focused is not changed by an answer.
        self.fields["ignores_case"] = forms.BooleanField(label="Capital and small letters are the same", required=False)
        self.fields["mask"] = forms.CharField(
            label="Mask", max_length=2 * LONGEST_TEXT, strip=False,
            help_text="Made from the example. # is a digit, @ a letter, ? stands before what may be missing. "
            "Anything else is itself.",
            widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        )  # fmt: skip
        self.fields["made_from"] = forms.CharField(required=False, widget=forms.HiddenInput)

    def _add_compare(self, known: FieldType) -> None:
        is_time = known.is_time
        choices = [(name, words) for name, (words, *_) in TIME_OPS.items()] if is_time else NUMBER_OPS
        self.fields["op"] = forms.ChoiceField(label="Compare", choices=choices)
        if self.given.get("op") not in dict(choices) and self.given.get("do") != "save":
            self.given["op"] = choices[0][0]  # the one that is shown, so that it is tried
        chosen = str(self.given.get("op"))
        comparable = [each for each in self.known.values() if Kind.COMPARE in each.rules]
        alike = _named(each for each in comparable if each is not known and each.is_time == is_time)
        if is_time and chosen in ("days ago", "days ahead"):
            self.fields["days"] = forms.IntegerField(label="Days", min_value=1, max_value=LONGEST_DAYS)
        elif is_time and chosen in ("from", "to"):
            self.fields["other"] = forms.ChoiceField(label="Other field", choices=alike)
        elif not is_time:
            attributes = {"inputmode": "decimal", "autocomplete": "off", "autofocus": "number_as" in self.given}
            self.fields["number"] = forms.CharField(
                label="Value", required=False, max_length=60, widget=forms.TextInput(attrs=attributes)
            )
            self.fields["other"] = forms.ChoiceField(
                label="Or another field", required=False, choices=[("", "–"), *alike]
            )

    @property
    def chosen_list(self) -> ReferenceList | None:
        is_coded = self.shown_kind == Kind.ONE_OF and self.chosen is not None and self.chosen.is_coded
        return self.lists.get(str(self.given.get("list", ""))) if is_coded else None

    def _add_values(self, known: FieldType) -> None:
        if known.is_coded and self.lists:
            names = [(pk, f"{each.name} ({each.entry_count:,})") for pk, each in self.lists.items()]
            choices = [("", "These values"), *names]
            self.fields["list"] = forms.ChoiceField(label="List", required=False, choices=choices)
        if self.chosen_list:
            self._add_fills(self.chosen_list, known)
            return
        if choices := known.choices:
            self.fields["values"] = forms.MultipleChoiceField(
                label="Allowed", choices=choices, widget=forms.CheckboxSelectMultiple
            )
        else:
            self.given["values"] = "\n".join(self.given.get("values", ()))  # also of `data` and `initial`
            self.fields["values"] = forms.CharField(
                label="Allowed", help_text=f"One value on each line, up to {MOST_VALUES}", max_length=6_000,
                widget=forms.Textarea(attrs={"rows": 6}),
            )  # fmt: skip

    def _add_fills(self, chosen: ReferenceList, known: FieldType) -> None:
        """Ask for each further column which field it fills."""
        fields = _named(each for each in self.known.values() if each is not known)
        for place, column in enumerate(chosen.columns):
            if place != chosen.code_column:
                self.fields[f"{FILLS}{place}"] = forms.ChoiceField(
                    label=f"{column} fills", required=False, choices=[("", "Nothing"), *fields]
                )

    def _add_condition(self) -> None:
        others = {name: each for name, each in self.known.items() if each is not self.chosen and each.is_condition}
        choices = [("", "Always"), *((name, f"Only if {each.field.label} is…") for name, each in others.items())]
        self.fields["when"].choices = choices  # type: ignore[attr-defined]
        condition = others.get(str(self.given.get("when", "")))
        if condition is None:
            return
        label, choices = condition.field.label, condition.offered
        self.fields["is_value"] = (
            forms.ChoiceField(label=label, choices=choices) if choices
            else forms.CharField(label=label, max_length=LONGEST_TEXT)
        )  # fmt: skip

    def clean_number(self) -> Any:
        text = self.cleaned_data["number"].strip()
        if not text:
            return None
        numbers = _readings(text)
        if len(numbers) > 1:
            self.readings = [(number, clear_number(number)) for number in map(plain_number, numbers)]
            raise forms.ValidationError(f"{text} can be read in two ways. Which one?")
        return _read_number(text)

    def clean_values(self) -> list[Any]:
        values = self.cleaned_data["values"]
        lines = values.split("\n") if isinstance(values, str) else values
        texts = list(dict.fromkeys(line.strip() for line in lines if line.strip()))
        if len(texts) > MOST_VALUES:
            raise forms.ValidationError(f"Use at most {MOST_VALUES} values.")
        is_number = self.chosen is not None and self.chosen.is_number
        return list(dict.fromkeys(map(_read_number, texts))) if is_number else texts

    def clean_is_value(self) -> Any:
        value, condition = self.cleaned_data["is_value"], self.known[self.cleaned_data["when"]]
        return _read_number(value) if condition.is_number else condition.of_choice(value)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.shown_kind == Kind.COMPARE and "number" in self.fields and "number" in cleaned:
            has_both = cleaned["number"] is not None and cleaned.get("other")
            if has_both or (cleaned["number"] is None and not cleaned.get("other")):
                missing = forms.ValidationError("Enter a number or choose a field.", code="required")
                self.add_error("number", missing)
        if self.shown_kind == Kind.PATTERN and cleaned.get("example") and cleaned.get("mask"):
            self._check_mask(cleaned)
        fills = [cleaned[name] for name in self.own_names if name.startswith(FILLS) and cleaned.get(name)]
        if len(fills) > len(set(fills)):
            self.add_error(None, "Two columns fill the same field. Choose one of them.")
        return cleaned

    def _check_mask(self, cleaned: dict[str, Any]) -> None:
        example, mask = cleaned["example"], cleaned["mask"]
        if count_missing(mask) > MOST_MISSING:
            self.add_error("mask", f"At most {MOST_MISSING} signs may be missing.")
        elif not fits(mask, example, ignores_case=cleaned["ignores_case"]):
            self.add_error("mask", f"{example} doesn’t fit it. Change the mask, or the example.")

    def forget_missing(self) -> None:
        """While a rule is tried, nothing is missing yet."""
        for name, errors in list(self.errors.as_data().items()):
            if all(error.code == "required" for error in errors):
                del self.errors[name]

    def shown_fields(self) -> list[Any]:
        """Return the inputs of the chosen kind."""
        return [self[name] for name in self.own_names if name != "made_from"]

    def rule(self, pk: int = 0, version: int = 1) -> Rule:
        """Return the rule. Call on a valid form."""
        cleaned, when = self.cleaned_data, self.cleaned_data.get("when", "")
        value = self._value()
        name = self.chosen.field.name if self.chosen else ""
        is_warning = cleaned.get("if_not") == "warning"
        is_value = cleaned.get("is_value") if when else None
        return Rule(
            pk, version, self.shown_kind, name, value, when, is_value, cleaned["message"],
            is_warning, is_warning and cleaned.get("needs_reason", False), self.chosen_list,
        )  # fmt: skip

    def _value(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if self.shown_kind == Kind.PATTERN:
            return looking_like(cleaned["example"]) | {
                "mask": cleaned["mask"], "ignores_case": cleaned["ignores_case"],
            }  # fmt: skip
        if self.chosen_list:
            columns = self.chosen_list.columns
            places = [name for name in self.own_names if name.startswith(FILLS) and cleaned[name]]
            return {"fills": {cleaned[name]: columns[int(name.removeprefix(FILLS))] for name in places}}
        if self.shown_kind == Kind.ONE_OF:
            return {"values": cleaned["values"]}
        if self.shown_kind == Kind.ONCE:
            return {"is_number": bool(self.chosen and self.chosen.is_number)}
        return self._comparison() if self.shown_kind == Kind.COMPARE else {}

    def _comparison(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if self.chosen and not self.chosen.is_time:
            limit = {"other": cleaned["other"]} if cleaned.get("other") else {"number": cleaned["number"]}
            return {"op": cleaned["op"], **limit}
        _, op, sign = TIME_OPS[cleaned["op"]]
        if sign is None:
            return {"op": op.value, "other": cleaned["other"]}
        return {"op": op.value, "days": sign * cleaned.get("days", 0)}


def _readings(text: str) -> list[str]:
    """Return the numbers that a text can mean in the person's number format."""
    return number_readings(text, notation.current().decimal)


def _read_number(text: str) -> int | float | str:
    numbers = _readings(text)
    if len(numbers) > 1:
        clear = " or ".join(clear_number(plain_number(number)) for number in numbers)
        raise forms.ValidationError(f"{text} can be read in two ways. Enter {clear}.")
    if not numbers:
        raise forms.ValidationError(f"“{text[:LONGEST_SHOWN]}” is not a number. Enter one like 25000.")
    return json_number(numbers[0])


def _typed(value: Any) -> Any:
    """Return a stored value as the form reads it again. A number is written in the person's number format."""
    if isinstance(value, int | float):
        return clear_number(plain_number(str(value)), notation.current().decimal)
    return value


def _as_posted(stored: WorkflowRule, schema: Schema) -> dict[str, Any]:
    """Return what the form of a stored rule posts."""
    rule, value = stored.as_rule(), stored.value
    given: dict[str, Any] = {"field": rule.field, "kind": rule.kind.value, "when": rule.when, "message": rule.message}
    given |= {"if_not": "warning" if rule.is_warning else "error", "needs_reason": rule.needs_reason}
    is_value = rule.is_value
    given["is_value"] = str(is_value).lower() if isinstance(is_value, bool) else _typed(is_value)
    if rule.kind == Kind.PATTERN:
        given |= {"example": rule.example, "mask": value["mask"], "ignores_case": value.get("ignores_case", False)}
        given["made_from"] = rule.example
    elif stored.reference_list:
        given["list"], columns = str(stored.reference_list.pk), stored.reference_list.columns
        for name, column in value.get("fills", {}).items():
            if column in columns:
                given[f"{FILLS}{columns.index(column)}"] = name
    elif rule.kind == Kind.ONE_OF:
        given["values"] = [str(_typed(each)) for each in value.get("values", ())]
    elif rule.kind == Kind.COMPARE:
        is_time = any(each.name == rule.field and type_of(each).is_time for each in schema.fields)
        given |= _time_posted(value) if is_time else {"op": value["op"], "number": _typed(value.get("number"))}
        given["other"] = value.get("other", "")
    return given


def _time_posted(value: Mapping[str, Any]) -> dict[str, Any]:
    is_least = value["op"] == Op.AT_LEAST
    if "days" not in value:
        return {"op": "from" if is_least else "to"}
    days = int(value["days"])
    if days:
        return {"op": "days ago" if days < 0 else "days ahead", "days": abs(days)}
    return {"op": "past" if is_least else "future"}
