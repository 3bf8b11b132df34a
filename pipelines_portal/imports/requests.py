"""Requests of an import: which rows go out together, and what the ledger says became of them."""

from collections.abc import Container, Iterator
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, F, Max, Q, QuerySet

from pipelines_portal.api_client import Schema
from pipelines_portal.shared.together import together
from pipelines_portal.submissions.digest_keys import require_all
from pipelines_portal.submissions.digests import digests_of, may_differ
from pipelines_portal.submissions.drafts import save_draft
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.outcomes import settle_interrupted
from pipelines_portal.submissions.reasons import Labels, in_words
from pipelines_portal.submissions.rows import BETWEEN_TEXTS, RowText, add_texts, fields_in
from pipelines_portal.submissions.transitions import call_off, overdue
from pipelines_portal.web.encryption import Undecryptable
from pipelines_portal.workflows.access import opened_workflow

from .checked_texts import ReadyRow, read_texts, texts_of
from .counts import counted, keep_counts
from .errors import ErrorGroups
from .models import Import, ImportRequest, RowState, State, ranges_of
from .row_values import Fault
from .transitions import Step, step
from .twins import hold_back_twins

LARGEST_BODY = 30 * 1024 * 1024


class Moved(Exception):
    """A person paused or stopped it, and may have changed rows, since it was read."""


def make_request(of: Import) -> ImportRequest | None:
    """The next rows that are ready, and a draft in the ledger that holds them, both or neither; None when no row is.

    Raises Moved, Undecryptable.
    """
    count = 1 if of.one_row_first else of.rows_a_request
    rows = _ready(of, count)
    texts = texts_of(of, rows)
    while hold_back_twins(of, rows, texts):
        rows = _ready(of, count)
        texts = texts_of(of, rows)
    texts = list(_fitting(texts))
    return _kept(of, rows[: len(texts)], texts) if texts else None


def _ready(of: Import, count: int) -> list[ReadyRow]:
    """As plain values: objects of a model take longer."""
    ready = of.rows.filter(generation=of.generation, state=RowState.READY).order_by("number")
    is_typed = ExpressionWrapper(~Q(edits=b""), BooleanField())
    columns = ("number", "block", "position", "digest", is_typed, "is_wanted_twice")
    return [ReadyRow(*row) for row in ready.values_list(*columns)[:count]]


def _kept(of: Import, rows: list[ReadyRow], texts: list[RowText]) -> ImportRequest:
    last = rows[-1].number
    with transaction.atomic():
        _hold(of)
        number = (of.requests.aggregate(last=Max("number"))["last"] or 0) + 1
        workflow = opened_workflow(of.key, of.workflow_id)
        token = uuid5(of.pk, f"request {number}")
        draft = save_draft(of.owner, of.key, workflow, [], token, Submission.Kind.IMPORT)
        add_texts(draft, texts)
        request = ImportRequest.objects.create(
            of=of, number=number, submission=draft, row_count=len(rows), ranges=ranges_of(row.number for row in rows)
        )
        # The first that are ready: those, and no others.
        ready = of.rows.filter(generation=of.generation, state=RowState.READY, number__lte=last)
        if ready.update(state=RowState.REQUESTED, request=request) != len(rows):
            raise Moved
        Import.objects.filter(pk=of.pk).update(one_row_first=False, row_counts=counted(of))
    of.one_row_first = False
    return request


def _hold(of: Import) -> None:
    """Whoever changes rows or steps on holds this row as well, and says when."""
    unmoved = Import.objects.select_for_update().filter(pk=of.pk, state=State.SENDING, changed_at=of.changed_at)
    if unmoved.first() is None:
        raise Moved


def _fitting(texts: list[RowText]) -> Iterator[RowText]:
    """As many as fit into one request, one at least."""
    size = 0
    for each in texts:
        if size and size + len(each.text) > LARGEST_BODY:
            return
        size += len(each.text) + len(BETWEEN_TEXTS)
        yield each


def open_request(of: Import) -> ImportRequest | None:
    """One that has not come to its end: it was made and not sent, or is on its way."""
    unsettled = (Submission.State.DRAFT, Submission.State.SENDING)
    waiting = of.requests.filter(is_given_back=False, submission__state__in=unsettled)
    return waiting.select_related("submission__key").order_by("number").first()


def unsent_requests(of: Import) -> list[ImportRequest]:
    """Made, and not on their way."""
    unsent = of.requests.filter(is_given_back=False, submission__state=Submission.State.DRAFT)
    return list(unsent.select_related("submission"))


def give_back_those_of_others(of: Import) -> None:
    """Requests made for an earlier owner never leave: their rows are sent in the name of the present one."""
    for unsent in unsent_requests(of):
        if unsent.submission.owner_id != of.owner_id:
            give_back(unsent)


def give_back_unsent(of: Import) -> None:
    for unsent in unsent_requests(of):
        give_back(unsent)


def give_back(request: ImportRequest) -> bool:
    """Its rows can go with another request. False when it is on its way, or was: then nobody may send them again."""
    with transaction.atomic():
        held = Import.objects.select_for_update().get(pk=request.of_id)
        draft = Submission.objects.select_for_update().filter(pk=request.submission_id).first()
        if draft is None or draft.state != Submission.State.DRAFT:
            return False
        request.rows.update(state=RowState.READY, request=None)
        keep_counts(held)
        if draft.is_decided_by_person or draft.is_earlier_try_uncertain:
            # Its story is kept, and an answer may come yet. It never leaves again.
            call_off(draft)
            ImportRequest.objects.filter(pk=request.pk).update(is_given_back=True)
        else:
            draft.delete()
    return True


def settle_requests(of: Import, unsettled: list[list[Any]] | None = None) -> bool:
    """Write down at the rows what the ledger says of their requests by now; False, and cheap, when nothing is new.
    Raises Undecryptable.

    Whatever settled it: an answer that came late, or a person on the submission's own page. `unsettled`: what
    `unsettled_of` gave, where it was read with something else.
    """
    late, moved, standing = together(*unsettled_of(of.pk)) if unsettled is None else unsettled
    if late:
        settle_interrupted(import_request__of=of.pk)
    for request in _moved(of.pk) if late else moved:
        _settle(of, request)
    for each in standing:
        _settle_standing(each)
    return bool(late or moved or standing)


def settle_for_page(of: Import, unsettled: list[list[Any]] | None = None) -> bool:
    """What cannot be opened here stays unsettled, and whoever goes on settles it before anything more is sent."""
    try:
        return settle_requests(of, unsettled)
    except Undecryptable:
        return False


def unsettled_of(import_id: UUID) -> Iterator[QuerySet[Any, Any]]:
    """Sendings that died on the way; requests that moved; the import where that is of consequence to it."""
    yield overdue(import_request__of=import_id).order_by().values_list("pk", flat=True)
    yield _moved(import_id)
    yield Import.objects.filter(pk=import_id, state__in=(State.UNCERTAIN, State.CHECKED))


def _moved(import_id: UUID) -> QuerySet[ImportRequest]:
    moved = ~Q(submission__state=F("seen_state")) | ~Q(submission__attempt=F("seen_attempt"))
    return ImportRequest.objects.filter(moved, of=import_id)


def _settle_standing(standing: Import) -> None:
    if standing.state == State.CHECKED:
        # It was stopped: what did not leave, or came back since, is kept to be changed.
        give_back_unsent(standing)
    elif not has_unknown(standing):
        step(standing, Step.SETTLE, State.PAUSED)


def has_unknown(of: Import) -> bool:
    return of.requests.filter(submission__state=Submission.State.UNKNOWN).exists()


def _settle(of: Import, request: ImportRequest) -> None:
    seen = {"seen_state": request.seen_state, "seen_attempt": request.seen_attempt}
    with transaction.atomic():
        # A check carries over what it read of rows that were sent: it is written down when the check is through.
        held = Import.objects.select_for_update().filter(pk=of.pk).exclude(state=State.CHECKING).first()
        submission = Submission.objects.select_for_update().filter(pk=request.submission_id).first()
        if held is None or submission is None:
            return
        now = {"seen_state": submission.state, "seen_attempt": submission.attempt}
        if ImportRequest.objects.filter(pk=request.pk, **seen).update(**now):
            request.refresh_from_db(fields=["is_given_back"])
            _write(held, request, submission)
            keep_counts(held)


def _write(of: Import, request: ImportRequest, submission: Submission) -> None:
    if request.is_given_back:
        _take_created(of, request, submission)
    elif submission.state in (Submission.State.DRAFT, Submission.State.SENDING):
        request.rows.update(state=RowState.REQUESTED)
    elif submission.state == Submission.State.UNKNOWN:
        request.rows.update(state=RowState.UNKNOWN)
    else:
        _write_verdicts(of, request, submission)


def _write_verdicts(of: Import, request: ImportRequest, submission: Submission) -> None:
    numbers = request.numbers()
    request.rows.update(state=RowState.CREATED)
    others, labels = submission.rows.exclude(state=SubmissionRow.State.CREATED), _labels(of)
    of_state: dict[str, list[int]] = {RowState.UNKNOWN: [], RowState.REJECTED: []}
    faults: dict[int, list[Fault]] = {}
    for row in others.iterator():
        number = numbers[row.index]
        is_rejected = row.state == SubmissionRow.State.REJECTED
        of_state[RowState.REJECTED if is_rejected else RowState.UNKNOWN].append(number)
        if is_rejected:
            faults[number] = [_fault(row, submission.reason, labels)]
    for state, found in of_state.items():
        _update(request, found, state)
    ErrorGroups(of, of.generation).add(faults)


def _take_created(of: Import, request: ImportRequest, submission: Submission) -> None:
    """Tasks came of rows that were given back: an answer came after all. They need not go out again as they are."""
    numbers = request.numbers()
    created = submission.rows.filter(state=SubmissionRow.State.CREATED).values_list("index", "digest")
    digests = {numbers[index]: digest for index, digest in created.iterator()}
    rows = of.rows.filter(generation=of.generation, request=None, number__gte=numbers[0], number__lte=numbers[-1])
    found = rows.exclude(digest="").values_list("pk", "number", "digest")
    waiting = {number: (pk, digest) for pk, number, digest in found if number in digests}
    same = _same_as_sent(of, {number: digest for number, (_, digest) in waiting.items()}, digests)
    mine = [waiting[number][0] for number in same]
    of.rows.filter(pk__in=mine).update(state=RowState.CREATED, request=request)


def _same_as_sent(of: Import, now: dict[int, str], sent: dict[int, str]) -> list[int]:
    """Numbers of rows that are as they were sent, by their digests, of which each may be of another key.

    Raises Undecryptable.
    """
    other = [number for number, digest in now.items() if digest != sent[number]]
    if other:
        require_all()
    same = [number for number in now if now[number] == sent[number]]
    texts = read_texts(of, other) if other and may_differ() else {}
    return same + [number for number, text in texts.items() if sent[number] in digests_of(fields_in(text))]


def rejections(request: ImportRequest, numbers: Container[int]) -> dict[int, list[Fault]]:
    """What the ledger says against rows of a request, of these numbers."""
    sent, reason, labels = request.numbers(), request.submission.reason, _labels(request.of)
    rows = request.submission.rows.filter(state=SubmissionRow.State.REJECTED)
    faults = {sent[row.index]: [_fault(row, reason, labels)] for row in rows.iterator()}
    return {number: of_row for number, of_row in faults.items() if number in numbers}


def _fault(row: SubmissionRow, reason: str, labels: Labels) -> Fault:
    return Fault(row.error_field, in_words(row.error_message or reason, labels))


def _labels(of: Import) -> Labels:
    return {known.name: known.label for known in Schema.model_validate(of.schema).fields}


def _update(request: ImportRequest, numbers: list[int], state: str) -> None:
    for first, last in ranges_of(sorted(numbers)):
        request.rows.filter(number__gte=first, number__lte=last).update(state=state)
