"""Suggestions while somebody types a condition: first its name, then its values."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Q

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Field
from pipelines_portal.core.unicode_forms import fold
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.search.queries import SearchQuery, find_tasks
from pipelines_portal.tasks.conditions import ANYONE, CREATED, EXAMPLES, ME, NOT, NUMBERED, STATUS_WORDS
from pipelines_portal.tasks.value_tests import field_called
from pipelines_portal.web.query_tokens import quoted
from pipelines_portal.workflows.fields.reading.days import DAYS
from pipelines_portal.workflows.fields.reading.words import texts_of
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.titles import known_schema

MOST_OFFERED = 8
# So many of the newest rows and submissions are read for values and names of imports.
NEWEST_ROWS, NEWEST_SUBMISSIONS = 500, 200
LONGEST_VALUE = 60
FIXED = {CREATED: DAYS, "stuck": ("24h", "3d", "7d"), "status": tuple(STATUS_WORDS)}


class Offer(NamedTuple):
    """What takes the place of the typed condition, and a word about it. A name ends with a colon."""

    text: str
    note: str = ""


def offers_for(reader: User, workflow: OpenedWorkflow, typed: str) -> list[Offer]:
    """Return what the condition that somebody types may become."""
    schema = known_schema(workflow)
    fields = schema.fields if schema else []
    prefix = next((each for each in (NOT, "-") if typed.lower().startswith(each)), "")
    name, colon, beginning = typed[len(prefix) :].partition(":")
    name, beginning = name.strip('"'), fold(beginning.strip('"'))
    if not colon:
        return [Offer(f"{prefix}{text}", note) for text, note in _names(fields, fold(name), is_not=bool(prefix))]
    values = _values(reader, workflow, fields, name, beginning)
    return [Offer(f"{prefix}{quoted(name)}:{quoted(value)}", note) for value, note in values[:MOST_OFFERED]]


def _names(fields: Iterable[Field], beginning: str, *, is_not: bool) -> list[Offer]:
    own = [Offer(f"{name}:", EXAMPLES[name]) for name in EXAMPLES if name not in NUMBERED]
    others = [] if is_not else [Offer(NOT, "status:failed")]
    of_fields = [
        Offer(f"{quoted(known.label)}:", ">100" if type_of(known).is_number else known.name)
        for known in fields
        if ":" not in known.label
    ]
    return [each for each in [*own, *others, *of_fields] if _begins(each.text.strip('"'), beginning)][:MOST_OFFERED]


def _begins(text: str, beginning: str) -> bool:
    """Return whether the text or one of its words begins so."""
    return f" {beginning}" in f" {fold(text)}"


def _values(
    reader: User, workflow: OpenedWorkflow, fields: list[Field], name: str, beginning: str
) -> list[tuple[str, str]]:
    lower = name.lower()
    if lower in FIXED:
        return _plain(FIXED[lower], beginning)
    if lower == "sent":
        return _plain((ME, ANYONE), beginning) + _people(workflow, beginning)
    if lower == "import":
        return _plain(_imports(reader, workflow), beginning)
    known = field_called(name, fields)
    if known is None:
        return []
    of_type = type_of(known).condition_offers
    return _frequent(reader, workflow, known, beginning) if of_type is None else _plain(of_type, beginning)


def _plain(values: Iterable[str], beginning: str) -> list[tuple[str, str]]:
    return [(value, "") for value in values if _begins(value, beginning)]


def _people(workflow: OpenedWorkflow, beginning: str) -> list[tuple[str, str]]:
    """Return the people who may use the key: everybody of them sees in the list who sent a task."""
    using = User.objects.filter(Q(pk=workflow.key.owner_id) | Q(pk__in=workflow.key.shared_users().values("pk")))
    named = using.order_by("name", "email").values_list("name", "email")
    return [(name or email, email if name else "") for name, email in named if _begins(f"{name} {email}", beginning)]


def _imports(reader: User, workflow: OpenedWorkflow) -> list[str]:
    """Return the names of the newest imports that the reader may see."""
    sent = Submission.objects.visible_to(reader).filter(key=workflow.key_id, workflow_id=workflow.workflow_id)
    names = sent.order_by("-created_at", "-id").values_list("group_name", flat=True)[:NEWEST_SUBMISSIONS]
    return [name for name in dict.fromkeys(names) if name]


def _frequent(reader: User, workflow: OpenedWorkflow, known: Field, beginning: str) -> list[tuple[str, str]]:
    """Return the values that the newest rows have most often, of those that the reader may see."""
    place = SearchQuery(key_id=workflow.key_id, workflow_id=workflow.workflow_id)
    rows = find_tasks(reader, place, None, NEWEST_ROWS, with_fields=True)
    texts = (text.strip() for row in rows for text in texts_of(row.fields.get(known.name)))
    counts = Counter(text for text in texts if 0 < len(text) <= LONGEST_VALUE and "\n" not in text and '"' not in text)
    return [(text, f"{count}×") for text, count in counts.most_common() if _begins(text, beginning)]
