"""Values that a field has only once in a workflow: when two are the same, and what is said of the second one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from pipelines_portal.core.unicode_forms import normalize, without_format_marks
from pipelines_portal.workflows.fields.field_values import FieldValues, is_blank
from pipelines_portal.workflows.fields.reading.numbers import NUMERAL
from pipelines_portal.workflows.fields.rule_kinds import Kind
from pipelines_portal.workflows.fields.verdicts import Problem, Verdict
from pipelines_portal.workflows.rules.judge import Rule, Rules

# Field and digest.
UsedValue = tuple[str, str]


@dataclass(frozen=True)
class Use:
    """Where a value was used before.

    `row` is one of the same file or grid. `task_id` and `sent` are empty if the reader may not know them.
    `corrected_task` is compared with the task of a corrected copy, and never shown.
    """

    row: int = 0
    task_id: int | None = None
    sent: str = ""
    corrected_task: int | None = None

    @property
    def short(self) -> str:
        if self.row:
            return f"Also in row {self.row:,}"
        return f"Sent as {self.task_id}" if self.task_id else "Used already"


def normal_form(value: Any, *, is_number: bool) -> str:
    """Return the same text for values that count as the same: those that people read as the same.

    Numbers of equal value are the same, as texts are not.
    """
    text = str(value)
    if is_number and NUMERAL.fullmatch(text):
        return _plain_number(text)
    folded = normalize("NFKC", normalize("NFKC", without_format_marks(text)).casefold())
    # The form of a hyphen that does not break is another sign than that of the keyboard.
    return " ".join(folded.replace("\u2010", "-").split())


def _plain_number(text: str) -> str:
    sign, digits, exponent = Decimal(text).as_tuple()
    whole = "".join(map(str, digits)).lstrip("0")
    stripped = whole.rstrip("0")
    if not stripped:
        return "0"
    return f"{'-' if sign else ''}{stripped}e{int(exponent) + len(whole) - len(stripped)}"


def digest_of_value(value: Any, *, is_number: bool) -> str:
    return sha256(normal_form(value, is_number=is_number).encode(errors="replace")).hexdigest()


def once_rules(rules: Sequence[Rule]) -> list[Rule]:
    return [rule for rule in rules if rule.kind == Kind.ONCE]


def used_values(rules: Sequence[Rule], values: FieldValues) -> dict[str, str]:
    """Return the digests of the values of fields that are used once, whether or not the condition of a rule holds."""
    return {
        rule.field: digest_of_value(values[rule.field], is_number=bool(rule.value.get("is_number")))
        for rule in rules
        if rule.kind == Kind.ONCE and not is_blank(values.get(rule.field))
    }


def values_to_be_free(rules: Sequence[Rule], values: FieldValues) -> set[UsedValue]:
    """Return the values that nobody may have used, if the row is to leave."""
    return set(used_values([rule for rule in once_rules(rules) if rule.holds_for(values)], values).items())


def has_to_be_free(rules: Sequence[Rule], field: str, values: FieldValues) -> bool:
    """Return whether a row may not leave if the value of the field was used."""
    return any(rule.field == field and rule.holds_for(values) for rule in once_rules(rules))


def add_used(
    rules: Rules,
    verdict: Verdict,
    sent: Mapping[UsedValue, Use],
    *,
    first: Mapping[UsedValue, Use] = MappingProxyType({}),
    corrects_task: int | None = None,
) -> None:
    """Add a problem to the verdict for each value that was `sent`, or that an earlier row has in `first`.

    A corrected copy may have the value of its task. As with other rules, fields that are wrong already have no further
    problem, and an error takes the place of a warning.
    """
    digests = used_values(rules.rules, verdict.values)
    for rule in once_rules(rules.rules):
        use = _use_by_others((rule.field, digests.get(rule.field, "")), sent, first, corrects_task)
        errors = {problem.field for problem in verdict.problems if not problem.is_warning}
        if use is None or rule.fields & errors or not rule.holds_for(verdict.values):
            continue
        others = [problem for problem in verdict.problems if problem.field != rule.field]
        verdict.problems = [*others, problem_of_use(rules, rule, verdict.values, use)]


def _use_by_others(
    value: UsedValue, sent: Mapping[UsedValue, Use], first: Mapping[UsedValue, Use], corrects_task: int | None
) -> Use | None:
    use = sent.get(value)
    is_own = use is not None and corrects_task is not None and use.corrected_task == corrects_task
    return first.get(value) if use is None or is_own else use


def problem_of_use(rules: Rules, rule: Rule, values: FieldValues, use: Use) -> Problem:
    once = rule.message or f"{rules.label(rule.field)} is used once."
    problem = rules.broken_by(rule, values, use.short, "")
    sentence, common = f"{use.short}. {once} {use.sent}".rstrip(), f"Used already. {once}"
    return replace(problem, sentence=sentence, common=common, task=use.task_id or 0)
