"""The filters of Sent as people type them, such as "status:rejected sent:everyone", and as the query box shows them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, NamedTuple

from django.http import QueryDict

from pipelines_portal.accounts.models import User
from pipelines_portal.core.unicode_forms import fold
from pipelines_portal.submissions.filters import STATUSES, TEAM, SentFilterForm, written_without
from pipelines_portal.submissions.models import Submission
from pipelines_portal.web.query_tokens import quoted, tokens_in
from pipelines_portal.workflows.fields.reading.days import DAY_EXAMPLES, days_in

EXAMPLES = {
    "status": "rejected", "sent": "everyone", "workflow": "42", "import": "tickets", "warnings": "accepted",
    "created": "today", "type": "import",
}  # fmt: skip
NOT = "not:"
# The conditions that can be negated.
NEGATABLE = ("status", "workflow", "type", "import", "warnings")
DAYS = ("today", "yesterday", "7d", "30d")
EVERYONE = ("everyone", "anyone", TEAM)
MOST_OFFERED = 8


class Chip(NamedTuple):
    name: str
    value: str
    without: str


@dataclass
class TypedFilters:
    """The conditions that were typed. `errors` has a sentence for each that cannot be read; these stay in the box."""

    values: dict[str, str] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)


def read_filters(user: User, query: QueryDict) -> tuple[SentFilterForm, TypedFilters]:
    """Return the form for a query, in which conditions may be typed among the words."""
    form, typed = SentFilterForm(user, query), TypedFilters()
    for token in tokens_in(query.get("q", "")):
        name = token.name.lower()
        if not token.name or not token.value:
            typed.words.append(token.text)
        elif error := (_read_not if token.is_not else _read)(form, name, token.value, typed.values):
            typed.errors[token.text] = error
    if not typed.values and not typed.errors:
        return form, typed
    if "without" in typed.values:
        typed.values["without"] = f"{query.get('without', '')} {typed.values['without']}".strip()
    data = query.dict() | typed.values | {"q": " ".join(typed.words)}
    return SentFilterForm(user, data), typed


def _read_not(form: SentFilterForm, name: str, value: str, values: dict[str, str]) -> str:
    """Add a condition that must not hold to `values`, and return "" or its error."""
    if name in EXAMPLES and name not in NEGATABLE:
        return f"Use “not” with {', '.join(NEGATABLE)}, for example {NOT}status:rejected."
    read = dict[str, str]()
    if error := _read(form, name, value, read):
        return error
    values["without"] = " ".join([*values.get("without", "").split(), written_without(read.items())])
    return ""


def _read(form: SentFilterForm, name: str, value: str, values: dict[str, str]) -> str:
    """Add the parameters of the URL that a condition means to `values`, and return "" or its error."""
    if name == "import":
        values["import"] = value
        return ""
    if name == "created":
        days = days_in(value)
        if days is None:
            return f"“{value}” isn’t a day. {DAY_EXAMPLES}"
        values["since"], values["until"] = (day.isoformat() for day in days)
        return ""
    if name not in EXAMPLES:
        near = next(iter(get_close_matches(name, EXAMPLES, n=1)), "status")
        return (
            f"No condition is called {name}. Try {near}:{EXAMPLES[near]}, "
            f'or search for the text in quotes: "{name}:{value}".'
        )
    parameter, choices = choices_of(form, name)
    found = _choice(choices, value)
    if found is None:
        few = ", ".join(label.lower() for _, label in choices[:6]) if name in ("status", "type", "warnings") else ""
        return f"“{value}” isn’t found.{f' Use {few}.' if few else ''}"
    values[parameter] = found
    return ""


def choices_of(form: SentFilterForm, name: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the parameter of a condition, and its values with the words for them."""
    if name == "sent":
        team = [(TEAM, word) for word in EVERYONE] if form.has_team else []
        return "who", [("", "me"), *team, *((number, str(person)) for number, person in form.people.items())]
    if name == "workflow":
        found: Any = form.fields["workflow"]
        return "workflow", [(value, label) for value, label in found.choices if value]
    if name == "type":
        return "kind", [(value, str(label)) for value, label in Submission.Kind.choices]
    if name == "warnings":
        return "warnings", [("accepted", "accepted")]
    return "status", [(value, label.partition(" (")[0]) for value, label in STATUSES]


def _choice(choices: list[tuple[str, str]], text: str) -> str | None:
    """Return the value with this word, or else the first one whose word contains the text."""
    wanted = fold(text)
    same = [value for value, label in choices if wanted in (fold(label), fold(value))]
    near = [value for value, label in choices if wanted in fold(label)]
    return next(iter([*same, *near]), None)


# --- the box ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SentBox:
    """The query box, as templates/tasks/_query.html shows it."""

    chips: list[Chip]
    words: str
    carried: list[tuple[str, str]]
    without_words: str
    errors: tuple[str, ...] = ()


def query_box(form: SentFilterForm, typed: TypedFilters) -> SentBox:
    said = form.cleaned_data
    named = {"sent": "who", "status": "status", "workflow": "workflow", "type": "kind", "warnings": "warnings"}
    chips = []
    for name, parameter in named.items():
        if value := said.get(parameter):
            words = dict(reversed(choices_of(form, name)[1])).get(value, value)
            chips.append(Chip(name, words, form.query(**{parameter: ""})))
    without = form.left_out
    for name, value in without:
        typed_name = {"kind": "type"}.get(name, name)
        words = value if name == "import" else dict(reversed(choices_of(form, typed_name)[1])).get(value, value)
        others = written_without(each for each in without if each != (name, value))
        chips.append(Chip(f"{NOT}{typed_name}", words, form.query(without=others)))
    if said.get("import"):
        chips.append(Chip("import", said["import"], form.query(**{"import": ""})))
    days = [f"{day.day} {day:%b %Y}" if day else "" for day in (said.get("since"), said.get("until"))]
    if any(days):
        words = days[0] if days[0] == days[1] else "–".join(days)
        chips.append(Chip("created", words, form.query(since="", until="")))
    carried = [(name, str(value)) for name, value in said.items() if value and name != "q"]
    errors = [*typed.errors.values(), *(" ".join(map(str, each)) for each in form.errors.values())]
    words = " ".join(filter(None, [said.get("q", ""), *typed.errors]))
    return SentBox(chips, words, carried, form.query(q=""), tuple(errors[:2]))


def offers_for(user: User, text: str) -> list[tuple[str, str]]:
    """Return what the condition that somebody types may become, and a word about each."""
    prefix = next((each for each in (NOT, "-") if text.lower().startswith(each)), "")
    name, colon, beginning = text.lower()[len(prefix) :].partition(":")
    names = {name: EXAMPLES[name] for name in NEGATABLE} if prefix else EXAMPLES | {"not": "status:rejected"}
    if not colon:
        return [(f"{prefix}{each}:", example) for each, example in names.items() if each.startswith(name)]
    if name not in names:
        return []
    words = [word for word in _words_of(user, name) if _begins(word, beginning.strip('"'))]
    return [(f"{prefix}{name}:{quoted(word)}", "") for word in words][:MOST_OFFERED]


def _words_of(user: User, name: str) -> Iterable[str]:
    if name == "created":
        return DAYS
    if name == "import":
        imports = Submission.objects.visible_to(user).filter(group__isnull=False).order_by("-created_at", "-id")
        return dict.fromkeys(imports.values_list("group_name", flat=True)[:200])
    if name not in EXAMPLES:
        return ()
    words = [word for _, word in choices_of(SentFilterForm(user, {}), name)[1]]
    return [word.lower() for word in words] if name in ("status", "type") else words


def _begins(text: str, beginning: str) -> bool:
    return f" {fold(beginning)}" in f" {fold(text)}"
