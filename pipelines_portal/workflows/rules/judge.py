"""Rules of a team over the fields of a workflow, which Pipelines does not know. Each is one sentence.

They look at the values as they are sent. They come after Pipelines' own checks, in the order of the list, and only add
to these.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Protocol

from pipelines_portal.api_client import Field
from pipelines_portal.core.unicode_forms import visible_text, without_format_marks
from pipelines_portal.workflows.fields.field_values import FieldValues, is_blank
from pipelines_portal.workflows.fields.reading.numbers import as_decimal
from pipelines_portal.workflows.fields.rule_kinds import Kind
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.fields.verdicts import (
    BROKEN,
    LONGEST_ANSWER,
    MISSING,
    WARNING,
    Answer,
    Problem,
    Verdict,
)
from pipelines_portal.workflows.rules.masks import fits, words_of

MOST_RULES, MOST_VALUES = 50, 30


class Op(StrEnum):
    AT_LEAST = "at least"
    AT_MOST = "at most"
    MORE = "more than"
    LESS = "less than"


class Codes(Protocol):
    """The codes of a reference list. They are read when the first one is looked up."""

    @property
    def pk(self) -> Any: ...

    @property
    def name(self) -> str: ...

    @property
    def entry_count(self) -> int: ...

    def has_code(self, code: str) -> bool: ...

    def has_code_in_other_case(self, code: str) -> bool: ...

    def cell(self, code: str, column: str) -> str: ...


@dataclass(frozen=True)
class Rule:
    """A rule as it is checked. `value` depends on the kind:

    - pattern: a `mask` (see values.masks), the `example` it was made from, and `ignores_case`
    - compare: `op` and `other`, a field; or `number`; or `days` from now, 0 for now
    - one of: `values`; or the codes of a list (`codes`), and `fills`: which of its columns fill which further fields
    - once: `is_number`. What was sent before is not known here: see values.once
    - listed: `other`, the field with the code, and the `column` of the list. It belongs to a rule of codes: see `parts`

    `when` and `is_value`: only if another field has this value. The value is as it is sent.
    """

    pk: int
    version: int
    kind: Kind
    field: str
    value: Mapping[str, Any]
    when: str = ""
    is_value: Any = None
    message: str = ""
    # A row that breaks it is sent once a person has accepted that, with a reason if it needs one.
    is_warning: bool = False
    needs_reason: bool = False
    codes: Codes | None = None

    @property
    def fields(self) -> set[str]:
        """The fields that it is about."""
        return {self.field, self.when, self.value.get("other", "")} - {""}

    def holds_for(self, values: FieldValues) -> bool:
        """Return whether its condition holds."""
        return not self.when or _is_same(values.get(self.when), self.is_value)

    @property
    def parts(self) -> list["Rule"]:
        """The rule, and the warnings that follow from it: a row of a list belongs together."""
        fills = self.value.get("fills", {}) if self.kind == Kind.ONE_OF else {}
        return [self, *(self._agreement(name, column) for name, column in fills.items())]

    def _agreement(self, name: str, column: str) -> "Rule":
        value = {"other": self.field, "column": column, "codes": self.codes}
        return replace(
            self, kind=Kind.LISTED, field=name, value=value, is_warning=True, needs_reason=False, message="", codes=None
        )

    @property
    def example(self) -> str:
        """What a text looks like that keeps the pattern."""
        return str(self.value.get("example", ""))


# The marks of warnings that a person has accepted, with the reasons.
Accepted = Mapping[str, str]
NOT_ACCEPTED: Accepted = MappingProxyType({})


def is_accepted(warning: Problem, accepted: Accepted) -> bool:
    reason = accepted.get(warning.mark) if warning.mark else None
    return reason is not None and bool(without_format_marks(reason).strip() or not warning.needs_reason)


def wanted_by(rules: Sequence[Rule]) -> set[str]:
    """Return the fields that have to be filled in by a rule, those of lists, and those that their entries fill in."""
    wanted = {rule.field for rule in rules if rule.kind == Kind.FILLED or rule.codes}
    return wanted.union(*(rule.value.get("fills", ()) for rule in rules if rule.codes))


class Rules:
    """The rules of a workflow. One whose field is gone stops nothing."""

    def __init__(self, rules: Sequence[Rule] = (), fields: Sequence[Field] = ()) -> None:
        self.known = {each.name: type_of(each) for each in fields}
        self.rules = [rule for rule in rules if rule.fields <= self.known.keys()]

    def judge(self, verdict: Verdict, now: datetime, accepted: Accepted) -> None:
        """Add a problem for each rule that the values break; of a field only the first error, or else warning.

        Rules about fields that are wrong already say nothing.
        """
        wrong, problems = {problem.field for problem in verdict.problems}, dict[str, Problem]()
        for rule in self.rules:
            earlier = problems.get(rule.field)
            if rule.fields & wrong or (earlier and (rule.is_warning or not earlier.is_warning)):
                continue
            broken = self.problem_of(rule, verdict.values, now)
            if broken and is_accepted(broken, accepted):
                verdict.accepted.append(broken)
            elif broken:
                problems[rule.field] = broken
        verdict.problems += problems.values()

    def problem_of(self, rule: Rule, values: FieldValues, now: datetime) -> Problem | None:
        """Return what is wrong by this rule, or None."""
        if rule.kind == Kind.ONCE or not rule.holds_for(values):
            return None
        value = values.get(rule.field)
        if rule.kind == Kind.LISTED:
            return self._unlike_entry(rule, value, values)
        short, sentence = self._broken(rule, value, values, now)
        return self.broken_by(rule, values, short, sentence) if short else None

    def broken_by(self, rule: Rule, values: FieldValues, short: str, sentence: str) -> Problem:
        """Return the problem of values that break the rule: in a few words, and what is said without own words."""
        value, said = values.get(rule.field), f"{short}. {rule.message}" if rule.message else sentence
        shown = self.known[rule.field].in_message(value)
        if rule.is_warning:
            kind, mark = f"{WARNING}{rule.pk}", mark_of(rule, values)
            return Problem(rule.field, kind, short, said, shown, (), rule.pk, mark, rule.needs_reason)
        if rule.kind == Kind.FILLED:
            return Problem(rule.field, MISSING, short, rule.message or said, rule=rule.pk)
        return Problem(rule.field, f"{BROKEN}{rule.pk}", short, said, shown, rule=rule.pk)

    def _unlike_entry(self, rule: Rule, value: Any, values: FieldValues) -> Problem | None:
        """Return that the value is another one than the list has beside the code. What is empty is no other one."""
        code, listed = ("", "") if is_blank(value) else _listed(rule, values)
        kind = self.known[rule.field]
        if not listed or not kind.differs(value, listed):
            return None
        reference_list, listed = rule.value["codes"], kind.same_choice(listed) or listed
        short = f"{code} is {kind.label_of(listed)}"
        answers = (Answer(f"Use “{kind.label_of(listed)}”", listed),) if len(listed) <= LONGEST_ANSWER else ()
        return Problem(
            rule.field, f"{WARNING}{rule.pk}", short, f"{short} in {reference_list.name}.", _as_text(value),
            answers, rule.pk, mark_of(rule, values),
            common=f"These differ from {reference_list.name}.",
        )  # fmt: skip

    def _broken(self, rule: Rule, value: Any, values: FieldValues, now: datetime) -> tuple[str, str]:
        """Return in a few words what is wrong, or "", and the same as a sentence that says what to do."""
        if rule.kind == Kind.FILLED:
            why = f": {self.label(rule.when)} is {self._shown(rule.when, rule.is_value)}" if rule.when else ""
            return "Required" if is_blank(value) else "", f"{self.label(rule.field)} is missing{why}."
        if is_blank(value):
            return "", ""
        if rule.kind == Kind.PATTERN:
            is_kept = fits(rule.value["mask"], str(value), ignores_case=bool(rule.value.get("ignores_case")))
            like = f"like {rule.example}"  # what was accepted is no request
            return "" if is_kept else f"Not {like}", f"{'Not' if rule.is_warning else 'Write it'} {like}."
        if rule.kind == Kind.ONE_OF:
            return self._outside(rule, value)
        short = self._compared(rule, value, values, now)
        return short, f"{self.label(rule.field)} is {short[:1].lower()}{short[1:]}."

    def sentence(self, rule: Rule) -> str:
        """The rule itself: field, verb, value and condition."""
        return f"{self.label(rule.field)} {self.predicate(rule)}"

    def predicate(self, rule: Rule) -> str:
        """The sentence without its field."""
        said = {
            Kind.FILLED: "is filled in", Kind.PATTERN: f"looks like {rule.example}",
            Kind.ONCE: "is used once in this workflow",
        }.get(rule.kind, "")  # fmt: skip
        if rule.codes:
            said = f"is one of {rule.codes.name} ({rule.codes.entry_count:,})"
        elif rule.kind == Kind.ONE_OF:
            said = f"is {self._either(rule)}"
        elif rule.kind == Kind.COMPARE:
            said = self._compare_words(rule)
        if rule.when:
            said += f" when {self.label(rule.when)} is {self._shown(rule.when, rule.is_value)}"
        return said

    def meaning(self, rule: Rule) -> str:
        """More about a pattern: its mask in words."""
        return words_of(rule.value.get("mask", ""))

    def _compared(self, rule: Rule, value: Any, values: FieldValues, now: datetime) -> str:
        """Return in a few words what is wrong, or ""."""
        op, other = Op(rule.value["op"]), rule.value.get("other", "")
        mine, limit = _comparable(value), _limit(rule, values, now)
        if mine is None or limit is None or isinstance(mine, datetime) != isinstance(limit, datetime):
            return ""
        is_kept = {
            Op.AT_LEAST: mine >= limit, Op.AT_MOST: mine <= limit, Op.MORE: mine > limit, Op.LESS: mine < limit,
        }[op]  # fmt: skip
        if is_kept:
            return ""
        is_low = op in (Op.AT_LEAST, Op.MORE)
        words = ("before", "after") if isinstance(mine, datetime) else ("below", "above")
        if other:
            return f"{self._broken_words(op, *words)} {self.label(other)}"
        if "days" in rule.value:
            days = int(rule.value["days"])
            if not days:
                return "In the past" if is_low else "In the future"
            return f"Over {abs(days)} days {'ago' if days < 0 else 'ahead'}"
        return f"{self._broken_words(op, *words)} {_number_text(rule.value['number'])}"

    def _broken_words(self, op: Op, low: str, high: str) -> str:
        return {
            Op.AT_LEAST: low.capitalize(), Op.AT_MOST: high.capitalize(), Op.MORE: f"Not {high}", Op.LESS: f"Not {low}",
        }[op]  # fmt: skip

    def _outside(self, rule: Rule, value: Any) -> tuple[str, str]:
        """Return what is said of a value that is not one of those allowed. Both are "" if it is."""
        if rule.codes is None:
            is_allowed = any(_is_same(value, each) for each in rule.value.get("values", ()))
            return ("", "") if is_allowed else ("Not allowed", f"Not one of {self._either(rule)}.")
        code = _as_text(value).strip()
        seen = visible_text(code)
        if rule.codes.has_code(code) or (seen != code and rule.codes.has_code(seen)):
            return "", ""
        case = ": capital and small letters differ" if rule.codes.has_code_in_other_case(seen) else ""
        return f"Not in {rule.codes.name}", f"Not in {rule.codes.name}{case}."

    def _either(self, rule: Rule) -> str:
        words = [self._shown(rule.field, each) for each in rule.value.get("values", ())]
        return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"

    def _compare_words(self, rule: Rule) -> str:
        op = Op(rule.value["op"])
        if other := rule.value.get("other"):
            return f"is {op} {self.label(other)}"
        if "days" in rule.value:
            days = int(rule.value["days"])
            is_low = op in (Op.AT_LEAST, Op.MORE)
            if not days:
                return "is not in the past" if is_low else "is not in the future"
            where = "ago" if days < 0 else "ahead"
            # At least 30 days before now is at most 30 days ago.
            word = "at most" if is_low == (days < 0) else "at least"
            return f"is {word} {abs(days)} days {where}"
        return f"is {op} {_number_text(rule.value['number'])}"

    def label(self, name: str) -> str:
        return self.known[name].field.label if name in self.known else name

    def _shown(self, name: str, value: Any) -> str:
        if isinstance(value, bool):
            return "Yes" if value else "No"
        return self.known[name].label_of(_as_text(value)) if name in self.known else _as_text(value)


def mark_of(rule: Rule, values: FieldValues) -> str:
    """Return what is accepted: this version of the rule for these values."""
    about = [values.get(rule.field), values.get(rule.value.get("other", ""))]
    if rule.kind == Kind.LISTED:  # of one rule, several fields may have the same value
        about += [rule.field, _listed(rule, values)[1]]
    digest = sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
    return f"{rule.pk}.{rule.version}.{digest[:16]}"


def _limit(rule: Rule, values: FieldValues, now: datetime) -> Any:
    if other := rule.value.get("other"):
        return _comparable(values.get(other))
    if "days" in rule.value:
        return now + timedelta(days=int(rule.value["days"]))
    return as_decimal(rule.value["number"])


def _comparable(value: Any) -> Any:
    """Return a number or a time, or None if the value is neither."""
    if isinstance(value, bool) or value is None:
        return None
    number = as_decimal(value)
    if number is not None or not isinstance(value, str):
        return number  # 202601010112233.5 could also be read as a time
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        return None
    return time if time.tzinfo else None


def _is_same(value: Any, other: Any) -> bool:
    """Compare two values as they are sent. Texts are trimmed. A number is the same as "12.50" if it is 12.5."""
    if isinstance(value, bool) or isinstance(other, bool):
        return value is other
    if isinstance(value, int | float) and (number := as_decimal(other)) is not None:
        return as_decimal(value) == number
    return _as_text(value).strip() == _as_text(other).strip()


def _listed(rule: Rule, values: FieldValues) -> tuple[str, str]:
    """Return the code of a row, and what the list has beside it."""
    code = visible_text(_as_text(values.get(rule.value["other"])).strip())
    return code, rule.value["codes"].cell(code, rule.value["column"]) if code else ""


def _as_text(value: Any) -> str:
    return "" if value is None else str(value)


def _number_text(value: Any) -> str:
    number = as_decimal(value)
    return f"{number:,f}" if number is not None else str(value)
