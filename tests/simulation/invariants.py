"""The invariants: nothing is sent twice or without a request, nothing saved is lost, and nothing waits for ever."""

import re
from collections import Counter
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from pipelines_portal.entry.models import Row, Sheet
from pipelines_portal.entry.models.sheet import UNDO_FOR
from pipelines_portal.submissions.models import Acceptance, FieldValue, RecordedField, Submission, SubmissionRow
from pipelines_portal.submissions.models.rows import may_be_task
from pipelines_portal.uploads.models import ZipUpload
from pipelines_portal.workflows.rules.stored import WorkflowRule
from tests.simulation.office import Office
from tests.simulation.stored import TEXT, stored, text_of_row, texts_in
from tests.simulation.world import world

CONFIRM = re.compile(r"/tasks/upload/([^/]+)/confirm$")
Rule = tuple[int, int, bool] | None
OPEN = ("draft", "sending", "unconfirmed")


class Broken(AssertionError):
    """An invariant does not hold. The text before the first colon is the kind: a shortened day has to fail with it."""


class Expectations:
    """What people requested and what pages promised, which decides what has to be true.

    Actions mostly write the first part. Invariants write the second: what they found after the step before.
    """

    def __init__(self) -> None:
        # Texts for which somebody requested a task.
        self.requested: set[str] = set()
        # Texts that a page reported as saved.
        self.saved: set[str] = set()
        # How many tasks beyond one a text or a code may have: by a wrong decision, for a copy, or from before a rule.
        self.extra_tasks: Counter[str] = Counter()
        # Texts of rows that a person skipped.
        self.skipped: set[str] = set()
        # Texts that more than one row has.
        self.duplicates: set[str] = set()
        # Texts and codes that may be sent twice or be unknown: sent after the backup that was restored, or on their way
        # when a rule began.
        self.exempt: set[str] = set()
        # Submissions and attempts for which a person stopped waiting for an answer.
        self.stopped_attempts: set[tuple[UUID, int]] = set()
        # Tasks and texts of which a person said, too early, that nothing was created.
        self.excused: set[int | str] = set()
        # Whether the key was ever not shared with the colleague.
        self.has_sharing_stopped = False
        # Tasks in the API's answers to actions that met no failure, so that the portal could record them.
        self.tasks_in_answers: set[int] = set()
        # Imports that somebody sent, each with its owner at that time.
        self.started: set[tuple[UUID, int]] = set()
        # Groups that people muted, with the end of the mute.
        self.muted_until: dict[int, datetime] = {}
        # What is wrong with a request of this step. It can't be raised while the request is sent: the portal would take
        # it for an error of the API.
        self.wrong_post = ""

        # Texts whose sending can still be undone, with the end of that time, and the newest task.
        self.undoable_until: dict[str, datetime] = {}
        self.newest_task_id = 0
        # Above which task each submission looks for its own that an earlier try may have created.
        self.newest_before: dict[UUID, int] = {}
        # When each submission was last claimed, and the rule that wants notes, with its version.
        self.claims: dict[UUID, datetime | UUID | None] = {}
        self.note_rule: Rule = None
        # How many requests the API had received, if the key was not shared with the colleague.
        self.requests_seen: int | None = None
        # The rule by which a code is used once, and how many tasks have each code.
        self.code_rule: tuple[object, ...] | None = None
        self.codes: Counter[str] = Counter()
        # Codes that were sent before that rule, until the worker has read them.
        self.early_codes: set[str] = set()

    def forget_restored(self) -> None:
        """Forget what a restore replaced: rules, shares, groups and recorded answers."""
        self.note_rule = self.code_rule = self.requests_seen = None
        self.skipped = set()
        self.muted_until, self.newest_before, self.tasks_in_answers = {}, {}, set()

    def excuse(self, office: Office, texts: set[str]) -> set[str]:
        """Note that a person says that no task has these texts. Return those that a task has, or may soon have.

        The portal's submissions need not know of such tasks.
        """
        tasks = {task_id: text for task_id, text in office.own_tasks().items() if text in texts}
        on_their_way = texts & set(TEXT.findall(" ".join(world.on_the_wire)))
        self.excused |= {*tasks, *on_their_way}
        return {*tasks.values(), *on_their_way}


def note_post(office: Office, expected: Expectations, key: str) -> None:
    """Check the request of an import just before it is sent, and set `wrong_post` if it may not be.

    Somebody has to have sent the import in the name of its owner, and the time in which that can be undone is over.
    """
    if not key:
        return
    claimed = stored(Submission).filter(idempotency_key=key, status="sending", answer_lost_at=None).first()
    sheet = stored(Sheet).filter(pk=claimed.group).first() if claimed and claimed.group else None
    if not claimed or not sheet:
        return
    started = (sheet.pk, claimed.owner_id)
    if not sheet.is_typed and started not in expected.started:
        expected.wrong_post = "sent in another's name: nobody has sent import {} for person {}".format(*started)
    start = sheet.start_at
    if start and claimed.sent_at and world.now < start <= claimed.sent_at + UNDO_FOR:
        expected.wrong_post = f"sent before the undo was over: a request of import {sheet.pk}"


def check(office: Office, expected: Expectations) -> None:
    """Check what holds after each step. Raise Broken."""
    if expected.wrong_post:
        raise Broken(expected.wrong_post)
    _check_sent_once(office, expected)
    _check_certain(office, expected)
    _check_newest(office, expected)
    _check_recorded_tasks(office)
    _check_codes(office, expected)
    _check_values()
    _check_rows()
    _check_undo(office, expected)
    _check_started(office, expected)
    _check_rights(office, expected)
    _check_note_rule(office, expected)
    _check_groups(office, expected)
    _check_denied(office, expected)
    if unknown := expected.tasks_in_answers - office.known_tasks():
        raise Broken(f"answer forgotten: the ledger does not know tasks {sorted(unknown)[:3]}")
    if lost := expected.saved - office.stored_texts():
        raise Broken(f"lost: {sorted(lost)[:3]} were saved and are nowhere")


def _check_sent_once(office: Office, expected: Expectations) -> None:
    for text, count in office.task_counts().items():
        if text not in expected.requested:
            raise Broken(f"sent without a request: {text!r}")
        if count > 1 + expected.extra_tasks[text] and text not in expected.exempt:
            raise Broken(f"sent twice: {text!r} is {count} tasks")


def _check_denied(office: Office, expected: Expectations) -> None:
    """Check that a task of which the ledger does not know belongs to something that is not said to be over."""
    known, excused = office.known_tasks(), expected.exempt | expected.excused
    unknown = {text for pk, text in office.own_tasks().items() if pk not in known and not {pk, text} & excused}
    if not unknown:
        return
    has_no_last_word = (
        Q(submission__status__in=("sending", "unconfirmed"))
        | Q(submission__is_decided_by_person=True)
        | Q(submission__is_earlier_try_uncertain=True)
        | Q(submission__zip_upload__stage__in=("stored", "processing"))
        | Q(submission__zip_upload__confirming_until__isnull=False)
        | Q(submission__unattributed_tasks__isnull=False)
    )
    told = texts_in(stored(SubmissionRow).filter(has_no_last_word).values_list("fields", flat=True))
    held = stored(Row).filter(sheet__restored_from__isnull=False).values_list("edits", "cells")
    if denied := unknown - told - texts_in(held) - office.texts_of_forms():
        raise Broken(f"denied: there are tasks of {sorted(denied)[:3]}, and the portal says that there are none")


def _check_codes(office: Office, expected: Expectations) -> None:
    """Check that one task at most has a code while the rule is on, unconfirmed ones included.

    Codes that were sent before the rule count once the worker has read them.
    """
    rule, codes, before = office.code_rule(), office.codes_of_tasks(), expected.codes
    is_new = rule is None or expected.code_rule is None or rule[:2] != expected.code_rule[:2]
    if is_new:
        on_their_way = office.codes_on_their_way()
        world.sometimes("a rule begins while its codes are on their way", is_met=bool(rule and on_their_way))
        expected.early_codes = {*codes, *on_their_way}
        expected.exempt |= {code for code in on_their_way if on_their_way[code] + codes[code] > 1}
    elif expected.code_rule and expected.code_rule[2]:
        expected.early_codes = set()
    expected.code_rule, expected.codes = rule, codes
    for code, count in codes.items():
        if is_new or code in expected.early_codes:
            expected.extra_tasks[code] += max(count - max(before[code], 1), 0)
        elif count > 1 + expected.extra_tasks[code] and code not in expected.exempt:
            raise Broken(f"used twice: {code!r} is in {count} tasks")


def _check_certain(office: Office, expected: Expectations) -> None:
    """Check that nothing is unconfirmed if the API is known to honour Idempotency-Key: the portal can send again.

    The exceptions are what a restore left unconfirmed, what the API rejected when it was sent again (here, a body that
    is suddenly too large), what a person stopped, and what its sender lost the right to send.
    """
    if not office.api.is_idempotent:
        return
    doubtful = stored(Submission).filter(status="unconfirmed", is_declared=True, restored_from=None)
    doubtful = doubtful.exclude(reason__contains="larger than")
    for reason, pk, attempt, owner in doubtful.values_list("reason", "pk", "attempt", "owner_id"):
        is_right_lost = (
            "no longer has access" in reason and owner == office.colleague.pk and expected.has_sharing_stopped
        )
        if not is_right_lost and (pk, attempt) not in expected.stopped_attempts:
            raise Broken(f"unconfirmed although the API knows: {reason}")


def _check_newest(office: Office, expected: Expectations) -> None:
    """Check that a later try still offers the tasks that an earlier one may have created."""
    is_uncertain = Q(is_earlier_try_uncertain=True) | Q(is_decided_by_person=True, status="draft")
    uncertain = stored(Submission).filter(is_uncertain, newest_task_id_before__isnull=False).exclude(kind="zip")
    before = expected.newest_before
    expected.newest_before = dict(uncertain.order_by("pk").values_list("pk", "newest_task_id_before"))
    for pk, newest in expected.newest_before.items():
        if newest > before.get(pk, newest):
            raise Broken(f"hidden: tasks up to {newest} may be of an earlier try, and are not offered")


def _check_undo(office: Office, expected: Expectations) -> None:
    """Check that nothing was sent while it could be undone, unless a person chose to send it immediately."""
    for task in office.api.tasks.values():
        text = task.fields["input_text"]
        if task.id > expected.newest_task_id and task.created_at < expected.undoable_until.get(text, task.created_at):
            raise Broken(f"sent before the undo was over: {text!r}")
    # A later time than this was set before the clock was moved back.
    latest, expected.newest_task_id = world.now + UNDO_FOR, office.api.newest_task_id
    waiting = office.undoable_texts().items()
    expected.undoable_until = {
        text: until for text, until in waiting if until <= latest and text not in expected.duplicates
    }


def _check_started(office: Office, expected: Expectations) -> None:
    """Check that somebody sent each file in the name of its present owner. Typed rows keep theirs."""
    for pk, owner in office.imports(status="sending", size_bytes__gt=0):
        if (pk, owner) not in expected.started:
            raise Broken(f"sent in another's name: nobody has sent import {pk} for person {owner}")


def _check_rights(office: Office, expected: Expectations) -> None:
    """Check that nothing of the colleague is sent in a step that begins and ends without a share of the key."""
    seen, requests, colleague = expected.requests_seen, office.api.requests, office.colleague.pk
    expected.requests_seen = None if office.shares_of_colleague() else len(requests)
    if seen is None or expected.requests_seen is None:
        return
    for request in requests[seen:]:
        for text in TEXT.findall(request.text) if request.method == "POST" else ():
            if office.owners_of(text) == {colleague}:
                raise Broken(f"sent without a right: {text!r}")
        if (confirmed := CONFIRM.search(request.target)) and office.owner_of_upload(confirmed[1]) == colleague:
            raise Broken(f"sent without a right: upload {confirmed[1]}")


def _check_note_rule(office: Office, expected: Expectations) -> None:
    """Check that claimed rows meet the rule, or that somebody accepted the warning of this version of it."""
    claims_before, rule_before = expected.claims, expected.note_rule
    # What a person found to have been sent, as after a restore, is claimed by nobody.
    claims = stored(Submission).filter(is_decided_by_person=False).order_by("pk").values_list("pk", "sent_at", "group")
    expected.claims = {pk: sent_at or group for pk, sent_at, group in claims}
    rules = stored(WorkflowRule).filter(kind="filled", is_on=True)
    expected.note_rule = rules.values_list("pk", "version", "is_warning").first()
    if not expected.note_rule or expected.note_rule != rule_before:
        return
    rule, version, is_warning = expected.note_rule
    for pk in (pk for pk, claim in expected.claims.items() if claim != claims_before.get(pk)):
        accepted = stored(Acceptance).filter(row__submission=pk, rule=rule, version=version)
        accepted_rows = set(accepted.values_list("row_id", flat=True))
        for row, fields in stored(SubmissionRow).filter(submission=pk).order_by("pk").values_list("pk", "fields"):
            values, is_accepted = fields or {}, row in accepted_rows
            if (
                values.get("target_language") == "German"
                and not values.get("notes")
                and not (is_warning and is_accepted)
            ):
                raise Broken(f"breaks the rule: {values['input_text']!r}, version {version}")


def _check_groups(office: Office, expected: Expectations) -> None:
    """Check that a group stays muted until the time that a person chose."""
    expected.muted_until = {pk: until for pk, until in expected.muted_until.items() if until > world.now}
    for pk in expected.muted_until:
        if (state := office.state_of_group(pk)) != "muted":
            raise Broken(f"mute forgotten: group {pk} is {state or 'gone'}")


def _check_rows() -> None:
    """Check the counts of imports, that a row is in one open request at most, and that a created row has a task."""
    counted: dict[UUID, dict[str, int]] = {}
    rows = stored(Row).exclude(status="unchecked").order_by("sheet", "status")
    for pk, status, count in rows.values_list("sheet", "status").annotate(Count("pk")):
        counted.setdefault(pk, {})[status] = count
    still = stored(Sheet).exclude(status__in=("reading", "checking"))
    for pk, counts in still.order_by("pk").values_list("pk", "row_counts"):
        if counts != counted.get(pk, {}):
            raise Broken(f"miscounted: import {pk} has rows {counted.get(pk)}, and says {counts}")
    open_requests = stored(SubmissionRow).filter(
        submission__group__isnull=False, submission__is_called_off=False, submission__status__in=OPEN
    )
    requests = Counter(open_requests.values_list("submission__group", "number"))
    twice = [number for (_, number), count in requests.items() if count > 1]
    alone = stored(Row).filter(submission=None, status__in=("requested", "created", "unconfirmed"))
    alone = list(alone.exclude(sheet__status__in=("reading", "checking")).values_list("number", flat=True))
    if twice or alone:
        raise Broken(f"requested badly: rows {twice} are in two requests, rows {alone} in none")
    _check_created_rows()


def _check_created_rows() -> None:
    """Check that each created row has a task, with its text."""
    sent = stored(SubmissionRow).filter(status="created", task_id__gt=0, number__isnull=False)
    texts = {
        (submission, number): fields["input_text"]
        for submission, number, fields in sent.values_list("submission", "number", "fields")
    }
    for row in stored(Row).filter(status="created").order_by("pk"):
        text = texts.get((row.submission_id, row.number))
        if text is None:
            raise Broken(f"created badly: row {row.number} has no task")
        if text != text_of_row(row):
            raise Broken(f"created badly: row {row.number} has another text than its task")


def _check_values() -> None:
    """Check that what a row has in a field that is used once is recorded, since it is found by that."""
    rules = stored(WorkflowRule).filter(kind="once", is_on=True)
    for field in stored(RecordedField).exclude(done_at=None).filter(field__in=rules.values("field")):
        place = {"submission__key": field.key_id, "submission__workflow_id": field.workflow_id}
        rows = stored(SubmissionRow).filter(may_be_task(), **place).exclude(fields=None)
        recorded = set(stored(FieldValue).filter(field=field.field).values_list("row", flat=True))
        for pk, fields in rows.values_list("pk", "fields"):
            if fields.get(field.field) and pk not in recorded:
                raise Broken(f"used by nobody: {fields[field.field]} of row {pk}")


def _check_recorded_tasks(office: Office) -> None:
    """Check that a task which is recorded for a row has the row's values, and is recorded for no other row."""
    rows = stored(SubmissionRow).filter(task_id__gt=0).order_by("task_id")
    seen = set[int]()
    for task_id, fields, is_decided in rows.values_list("task_id", "fields", "submission__is_decided_by_person"):
        task = office.api.tasks.get(task_id)
        if task is None or (task.fields != fields and not is_decided):
            raise Broken(f"wrong in the ledger: task {task_id} is {fields}, at the API {task and task.fields}")
        if task_id in seen:
            raise Broken(f"wrong in the ledger: task {task_id} belongs to two rows")
        seen.add(task_id)


def check_end(office: Office, expected: Expectations) -> None:
    """Check what holds at the end, without faults and after all decisions. Raise Broken."""
    check(office, expected)
    for what in unsettled():
        raise Broken(f"for ever: {what}, although all is well")
    for upload in waits_for_archive():
        raise Broken(f"for ever: an archive that never came is {upload.stage} ({upload.problem})")
    known = office.known_tasks()
    for task_id, text in office.own_tasks().items():
        if task_id not in known and text not in expected.exempt and not expected.excused & {task_id, text}:
            raise Broken(f"unknown to the ledger: task {task_id} ({text!r})")


def waits_for_archive() -> QuerySet[ZipUpload]:
    """Return the uploads whose archives the worker still asks for: they may arrive until their links expire."""
    return stored(ZipUpload).filter(Q(next_poll_at__isnull=False) | Q(stage="stored"))


def unsettled() -> list[str]:
    """Describe what waits for the worker or for a person's decision."""
    submissions = stored(Submission).filter(status__in=("sending", "unconfirmed")).values_list("status", flat=True)
    is_working = Q(status__in=("reading", "checking", "sending", "unconfirmed"))
    is_restored = Q(restored_from__isnull=False) & ~Q(status__in=("deleted", "matching"))
    imports = stored(Sheet).filter(is_working | is_restored).values_list("status", flat=True)
    uploads = stored(ZipUpload).filter(stage="processing").values_list("stage", flat=True)
    is_stopped = Q(sheet__status__in=("checked", "deleted")) | Q(sheet__size_bytes=0, sheet__status="paused")
    waits = Q(submission=None) | ~Q(submission__status="draft") | is_stopped
    rows = stored(Row).filter(Q(status="unconfirmed") | Q(status="requested") & waits)
    waiting = rows.values_list("number", "submission__status")
    return [
        *(f"a submission is {status}" for status in submissions),
        *(f"an import is {status}" for status in imports),
        *(f"an upload is {stage}" for stage in uploads),
        *(f"row {number} waits for a request that is {status}" for number, status in waiting),
    ]
