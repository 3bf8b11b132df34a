"""Rows by what they say: out of the index come candidates; what they hold is opened and compared before it is shown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice

from django.db.models import Exists, OuterRef, QuerySet

from pipelines_portal.accounts.models import User
from pipelines_portal.fields.base import FieldValues
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.shared.together import together
from pipelines_portal.submissions.models import RowBlock, Submission, SubmissionRow
from pipelines_portal.submissions.opening import blocks_with, opened

from .candidates import NEWEST, Candidates, Question, candidates, streams
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

    @property
    def is_narrowed(self) -> bool:
        return any((self.state, self.person_id, self.workflow_id, self.since, self.until))


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
    kinds = [False] if asked.is_loose else [True]
    if not asked.is_loose and any(map(is_found_by_beginning, asked.words)):
        kinds.append(False)
    first, *loose = candidates([_question(asked, whole, kinds) for whole in kinds], MOST_CANDIDATES)
    found = _find(user, asked, first, whole=kinds[0])
    if found.looked_down_to or not loose:
        return found
    more = _find(user, asked, loose[0], whole=False)
    more.hits = sorted([*found.hits, *more.hits], key=lambda hit: hit.row.pk, reverse=True)
    return more


def _question(asked: Asked, whole: bool, kinds: list[bool]) -> Question:
    """After whole words all others begin with the newest."""
    before = asked.before if whole == kinds[0] else NEWEST
    return Question(streams(asked.senders, asked.words, whole=whole), before)


def _find(user: User, asked: Asked, found: Candidates, *, whole: bool) -> Found:
    looked_up = _LookedUp(user, asked, found.row_ids)
    rows = list(islice(looked_up, MOST_OPENED + 1))
    hits: list[Hit] = []
    # Mostly the first ones fill the page.
    first = opened(rows[:PAGE], known=looked_up.blocks)
    rest = opened(rows[PAGE:MOST_OPENED], MOST_OPENED, looked_up.blocks)
    for hit in (Hit(*each) for each in chain(first, rest)):
        if _says(hit.fields, asked.words, whole=whole):
            hits.append(hit)
        if len(hits) == PAGE:
            is_more = rows[-1].pk < hit.row.pk or found.looked_down_to
            return Found(hits, hit.row.pk if is_more else 0, not whole)
    down_to = rows[MOST_OPENED - 1].pk if len(rows) > MOST_OPENED else found.looked_down_to
    return Found(hits, down_to, not whole)


class _LookedUp:
    """Those among candidates that they may see, and that are as asked; some at a time, for most pages need no more.
    `blocks` are what the first of them say.
    """

    def __init__(self, user: User, asked: Asked, row_ids: list[int]) -> None:
        self.user, self.asked, self.row_ids = user, asked, row_ids
        self.blocks: list[RowBlock] = []
        # Where it is narrowed, nobody knows which of them will be shown: maybe the last ones.
        self.at_once = MOST_CANDIDATES if asked.is_narrowed else AT_ONCE
        self.opened_first = [] if asked.is_narrowed else row_ids[:PAGE]

    def __iter__(self) -> Iterator[SubmissionRow]:
        for first in range(0, len(self.row_ids), self.at_once):
            rows = SubmissionRow.objects.filter(pk__in=self.row_ids[first : first + self.at_once]).order_by("-pk")
            said = blocks_with(self.opened_first if first == 0 else [])
            found, seen, blocks = together(rows, _seen(self.user, self.asked, rows), said)
            self.blocks += blocks
            submissions = {each.pk: each for each in seen}
            for row in found:
                if row.submission_id in submissions:
                    row.submission = submissions[row.submission_id]
                    yield row


def _seen(user: User, asked: Asked, rows: QuerySet[SubmissionRow]) -> QuerySet[Submission]:
    usable = Exists(SavedKey.objects.usable_by(user).filter(pk=OuterRef("key")))
    visible = _as_asked(Submission.objects.visible_to(user), asked).annotate(is_key_usable=usable)
    return visible.filter(pk__in=rows.order_by().values("submission")).select_related("owner", "key").order_by()


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
