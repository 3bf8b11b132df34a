"""Rows by what they say, as a page of results shows them."""

from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef

from pipelines_portal.accounts.models import User
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import SubmissionRow
from pipelines_portal.submissions.search_index import NEWEST, Question, find, seen_by, ways_of

PAGE = 25


@dataclass
class Found:
    """`way` and `before` say where the next page begins; `before` is 0 if there is none."""

    rows: list[SubmissionRow] = field(default_factory=list)
    way: int = 0
    before: int = 0


def find_page(user: User, question: Question, first_way: int, before: int) -> Found:
    """Exact phrases first, then whole words, then beginnings of words; newest first within each."""
    who, ids = seen_by(user), list[int]()
    for way in (way for way in ways_of(question.words) if way >= first_way):
        found = find(who, question, way, before if way == first_way else NEWEST, PAGE + 1 - len(ids))
        ids += found
        if len(ids) > PAGE:
            shown = ids[:PAGE]
            is_first_of_way = len(found) == 1
            return Found(_rows(user, shown), way, NEWEST if is_first_of_way else shown[-1])
    return Found(_rows(user, ids))


def _rows(user: User, ids: list[int]) -> list[SubmissionRow]:
    """In this order; each says as `is_key_usable` whether its task may be looked at."""
    usable = SavedKey.objects.usable_by(user).filter(pk=OuterRef("submission__key"))
    rows = SubmissionRow.objects.filter(pk__in=ids).select_related("submission__owner", "submission__key")
    by_pk = {row.pk: row for row in rows.annotate(is_key_usable=Exists(usable)).order_by()}
    return [by_pk[pk] for pk in ids if pk in by_pk]
