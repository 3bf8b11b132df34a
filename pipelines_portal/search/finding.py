"""Rows by what they say: out of the index come candidates; what they hold is opened and compared before it is shown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain, islice
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from pipelines_portal.accounts.models import User
from pipelines_portal.fields.base import FieldValues
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.opening import opened

from .candidates import NEWEST, candidates, streams
from .tokens import is_found_by_beginning
from .words import words_of

PAGE = 25
MOST_CANDIDATES = 1_000
# To open what is kept takes longest.
MOST_OPENED = 150
# Of candidates looked up in the ledger.
AT_ONCE = 200


@dataclass(frozen=True)
class Asked:
    """`words` are folded. `senders`: whose words are looked at. `is_loose`: longer words that begin like them count
    from the start.
    """

    words: Sequence[str]
    senders: Sequence[int]
    state: str = ""
    person_id: int | None = None
    workflow_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int = NEWEST
    is_loose: bool = False


@dataclass(frozen=True)
class Hit:
    row: SubmissionRow
    fields: FieldValues


@dataclass
class Found:
    """`looked_down_to`: where to go on, 0 when there is nothing older."""

    hits: list[Hit] = field(default_factory=list)
    looked_down_to: int = 0
    is_loose: bool = False


def find(user: User, asked: Asked) -> Found:
    """Newest first. Rows with the whole words first: on the page on which these end, those begin, with the newest, in
    which words only begin like those asked for.
    """
    if asked.is_loose:
        return _find(user, asked, whole=False)
    found = _find(user, asked, whole=True)
    if found.looked_down_to or not any(map(is_found_by_beginning, asked.words)):
        return found
    loose = _find(user, replace(asked, before=NEWEST), whole=False)
    loose.hits = sorted([*found.hits, *loose.hits], key=lambda hit: hit.row.pk, reverse=True)
    return loose


def _find(user: User, asked: Asked, *, whole: bool) -> Found:
    found = candidates(streams(asked.senders, asked.words, whole=whole), asked.before, MOST_CANDIDATES)
    rows = list(islice(_rows(user, asked, found.row_ids), MOST_OPENED + 1))
    hits: list[Hit] = []
    # Mostly the first ones fill the page.
    first, rest = opened(rows[:PAGE]), opened(rows[PAGE:MOST_OPENED], MOST_OPENED)
    for hit in (Hit(*each) for each in chain(first, rest)):
        if _says(hit.fields, asked.words, whole=whole):
            hits.append(hit)
        if len(hits) == PAGE:
            is_more = rows[-1].pk < hit.row.pk or found.looked_down_to
            return Found(hits, hit.row.pk if is_more else 0, not whole)
    down_to = rows[MOST_OPENED - 1].pk if len(rows) > MOST_OPENED else found.looked_down_to
    return Found(hits, down_to, not whole)


def _rows(user: User, asked: Asked, row_ids: list[int]) -> Iterator[SubmissionRow]:
    """Those among them that they may see, and that are as asked; some at a time, for most pages need no more.

    Rows by their ids, then their submissions by theirs: asked for in one, SQLite goes through all that one may see.
    """
    for first in range(0, len(row_ids), AT_ONCE):
        rows = list(SubmissionRow.objects.filter(pk__in=row_ids[first : first + AT_ONCE]).order_by("-pk"))
        seen = _seen(user, asked, {row.submission_id for row in rows})
        for row in rows:
            if row.submission_id in seen:
                row.submission = seen[row.submission_id]
                yield row


def _seen(user: User, asked: Asked, ids: set[UUID]) -> dict[UUID, Submission]:
    usable = Exists(SavedKey.objects.usable_by(user).filter(pk=OuterRef("key")))
    visible = _as_asked(Submission.objects.visible_to(user), asked).filter(pk__in=ids).annotate(is_key_usable=usable)
    return {each.pk: each for each in visible.select_related("owner", "key").order_by()}


def _as_asked(submissions: QuerySet[Submission], asked: Asked) -> QuerySet[Submission]:
    said = {
        "state": asked.state,
        "owner": asked.person_id,
        "workflow_id": asked.workflow_id,
        "created_at__gte": asked.since,
        "created_at__lt": asked.until,
    }
    return submissions.filter(**{name: value for name, value in said.items() if value})


def _says(fields: FieldValues, words: Sequence[str], *, whole: bool) -> bool:
    """`whole`: all of them; else what begins like them, and has not all of them, which is found as such."""
    said = set(words_of(fields))
    if whole or said.issuperset(words):
        return whole and said.issuperset(words)
    return all(any(each.startswith(word) for each in said) for word in words)
