"""The invariants: nothing is sent twice or without a request, nothing saved is lost, and nothing waits for ever."""

import json
import re
from collections import Counter
from datetime import UTC, datetime

from pipelines_portal.entry.models.import_job import UNDO_FOR
from tests.simulation.office import TEXT, Office
from tests.simulation.world import world

CONFIRM = re.compile(r"/tasks/upload/([^/]+)/confirm$")
Rule = tuple[int, int, bool] | None


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
        self.stopped_attempts: set[tuple[str, int]] = set()
        # Tasks and texts of which a person said, too early, that nothing was created.
        self.excused: set[int | str] = set()
        # Whether the key was ever not shared with the colleague.
        self.has_sharing_stopped = False
        # Tasks in the API's answers to actions that met no failure, so that the portal could record them.
        self.tasks_in_answers: set[int] = set()
        # Imports that somebody sent, each with its owner at that time.
        self.started: set[tuple[str, int]] = set()
        # Groups that people muted, with the end of the mute.
        self.muted_until: dict[int, datetime] = {}
        # What is wrong with a request of this step. It can't be raised while the request is sent: the portal would take
        # it for an error of the API.
        self.wrong_post = ""

        # Texts whose sending can still be undone, with the end of that time, and the newest task.
        self.undoable_until: dict[str, datetime] = {}
        self.newest_task_id = 0
        # Above which task each submission looks for its own that an earlier try may have created.
        self.newest_before: dict[str, int] = {}
        # When each submission was last claimed, and the rule that wants notes, with its version.
        self.claims: dict[str, str] = {}
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
    sql = (
        "SELECT j.id, s.owner_id, j.kind, j.start_at, s.sent_at FROM submissions_submission s JOIN entry_importjob j "
        "ON j.id = s.\"group\" WHERE s.idempotency_key = ? AND s.status = 'sending' AND s.answer_lost_at IS NULL"
    )
    for pk, owner, kind, start_at, sent_at in office.query(sql, key) if key else ():
        if kind == "file" and (pk, owner) not in expected.started:
            expected.wrong_post = f"sent in another's name: nobody has sent import {pk} for person {owner}"
        if start_at is None:
            continue
        start, claimed = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (start_at, sent_at))
        if world.now < start <= claimed + UNDO_FOR:
            expected.wrong_post = f"sent before the undo was over: a request of import {pk}"


def check(office: Office, expected: Expectations) -> None:
    """Check what holds after each step. Raise Broken."""
    if expected.wrong_post:
        raise Broken(expected.wrong_post)
    _check_sent_once(office, expected)
    _check_certain(office, expected)
    _check_newest(office, expected)
    _check_recorded_tasks(office)
    _check_codes(office, expected)
    _check_values(office)
    _check_rows(office)
    _check_undo(office, expected)
    _check_started(office, expected)
    _check_rights(office, expected)
    _check_note_rule(office, expected)
    _check_groups(office, expected)
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


def _check_codes(office: Office, expected: Expectations) -> None:
    """Check that one task at most has a code while the rule is on, unconfirmed ones included.

    Codes that were sent before the rule count once the worker has read them.
    """
    rule, codes, before = office.code_rule(), office.codes_of_tasks(), expected.codes
    is_new = rule is None or expected.code_rule is None or rule[:2] != expected.code_rule[:2]
    if is_new:
        on_their_way = office.codes_on_their_way()
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
    doubtful = office.query(
        "SELECT reason, id, attempt, owner_id FROM submissions_submission "
        "WHERE status = 'unconfirmed' AND is_declared AND restored_from IS NULL AND reason NOT LIKE '%larger than%'"
    )
    for reason, pk, attempt, owner in doubtful if office.api.is_idempotent else ():
        is_right_lost = (
            "no longer has access" in reason and owner == office.colleague.pk and expected.has_sharing_stopped
        )
        if not is_right_lost and (pk, attempt) not in expected.stopped_attempts:
            raise Broken(f"unconfirmed although the API knows: {reason}")


def _check_newest(office: Office, expected: Expectations) -> None:
    """Check that a later try still offers the tasks that an earlier one may have created."""
    uncertain = office.query(
        "SELECT id, newest_task_id_before FROM submissions_submission WHERE newest_task_id_before IS NOT NULL "
        "AND kind != 'zip' AND (is_earlier_try_uncertain OR is_decided_by_person AND status = 'draft')"
    )
    before, expected.newest_before = expected.newest_before, dict(uncertain)
    for pk, newest in uncertain:
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
    sending = office.query("SELECT id, owner_id FROM entry_importjob WHERE status = 'sending' AND kind = 'file'")
    for pk, owner in sending:
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
    of_claims = "SELECT id, COALESCE(sent_at, \"group\", '') FROM submissions_submission WHERE NOT is_decided_by_person"
    expected.claims = dict(office.query(of_claims))
    found = office.query("SELECT id, version, is_warning FROM workflows_workflowrule WHERE kind = 'filled' AND is_on")
    expected.note_rule = found[0] if found else None
    if not expected.note_rule or expected.note_rule != rule_before:
        return
    rule, version, is_warning = expected.note_rule
    for pk in (pk for pk, claim in expected.claims.items() if claim != claims_before.get(pk, "")):
        rows = office.query(
            "SELECT fields, EXISTS (SELECT 1 FROM submissions_acceptance a WHERE a.row_id = r.id AND a.rule = ? "
            "AND a.version = ?) FROM submissions_submissionrow r WHERE submission_id = ?", rule, version, pk,
        )  # fmt: skip
        for fields, is_accepted in rows:
            values = json.loads(fields or "{}")
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


def _check_rows(office: Office) -> None:
    """Check the counts of imports, that a row is in one open request at most, and that a created row has a task."""
    is_still = "j.status NOT IN ('reading', 'checking')"
    counted: dict[str, dict[str, int]] = {}
    for pk, status, count in office.query(
        "SELECT import_job_id, status, COUNT(*) FROM entry_importrow WHERE status != 'unchecked' GROUP BY 1, 2"
    ):
        counted.setdefault(pk, {})[status] = count
    for pk, counts in office.query(f"SELECT id, row_counts FROM entry_importjob j WHERE {is_still}"):
        if json.loads(counts) != counted.get(pk, {}):
            raise Broken(f"miscounted: import {pk} has rows {counted.get(pk)}, and says {counts}")
    twice = office.query(
        "SELECT r.number FROM submissions_submissionrow r JOIN submissions_submission s ON s.id = r.submission_id "
        "WHERE s.\"group\" IS NOT NULL AND NOT s.is_called_off AND s.status IN ('draft', 'sending', 'unconfirmed') "
        'GROUP BY s."group", r.number HAVING COUNT(*) > 1'
    )
    alone = office.query(
        f"SELECT r.number FROM entry_importrow r JOIN entry_importjob j ON j.id = r.import_job_id WHERE {is_still} "
        "AND r.submission_id IS NULL AND r.status IN ('requested', 'created', 'unconfirmed')"
    )
    if twice or alone:
        raise Broken(f"requested badly: rows {twice} are in two requests, rows {alone} in none")
    without_task = office.query(
        "SELECT r.number FROM entry_importrow r LEFT JOIN submissions_submissionrow s "
        "ON s.submission_id = r.submission_id AND s.number = r.number AND s.status = 'created' AND s.task_id > 0 "
        "WHERE r.status = 'created' AND s.id IS NULL"
    )
    if without_task:
        raise Broken(f"created badly: rows {without_task} have no task")
    other_text = office.query(
        "SELECT r.number FROM entry_importrow r JOIN submissions_submissionrow s "
        "ON s.submission_id = r.submission_id AND s.number = r.number WHERE r.status = 'created' "
        "AND json_extract(s.fields, '$.input_text') "
        "!= COALESCE(json_extract(r.edits, '$.input_text'), json_extract(r.cells, '$[0]'))"
    )
    if other_text:
        raise Broken(f"created badly: rows {other_text} have other texts than their tasks")


def _check_values(office: Office) -> None:
    """Check that a value that is used once belongs to a row that is, or may become, a task."""
    held = office.query(
        "SELECT v.digest, r.status, s.status FROM submissions_fieldvalue v "
        "JOIN submissions_submissionrow r ON r.id = v.row_id JOIN submissions_submission s ON s.id = r.submission_id "
        "WHERE NOT v.is_shared "
        "AND NOT EXISTS (SELECT 1 FROM submissions_unattributedtask t WHERE t.submission_id = s.id) "
        "AND (r.status = 'rejected' OR s.status = 'draft' AND s.kind = 'form' AND NOT s.is_earlier_try_uncertain)"
    )
    if held:
        raise Broken(f"used by nothing: a value of a row that is {held[0][1]}, in what is {held[0][2]}")


def _check_recorded_tasks(office: Office) -> None:
    """Check that a task which is recorded for a row has the row's values, and is recorded for no other row."""
    rows = office.query(
        "SELECT r.task_id, r.fields, s.is_decided_by_person FROM submissions_submissionrow r "
        "JOIN submissions_submission s ON s.id = r.submission_id WHERE r.task_id > 0"
    )
    for task_id, fields, is_decided_by_person in rows:
        task = office.api.tasks.get(task_id)
        if task is None or (task.fields != json.loads(fields) and not is_decided_by_person):
            raise Broken(f"wrong in the ledger: task {task_id} is {fields}, at the API {task and task.fields}")
    for task_id, count in Counter(row[0] for row in rows).items():
        if count > 1:
            raise Broken(f"wrong in the ledger: task {task_id} belongs to {count} rows")


def check_end(office: Office, expected: Expectations) -> None:
    """Check what holds at the end, without faults and after all decisions. Raise Broken."""
    check(office, expected)
    for what in unsettled(office):
        raise Broken(f"for ever: {what}, although all is well")
    known = office.known_tasks()
    for task_id, text in office.own_tasks().items():
        if task_id not in known and text not in expected.exempt and not expected.excused & {task_id, text}:
            raise Broken(f"unknown to the ledger: task {task_id} ({text!r})")


def unsettled(office: Office) -> list[str]:
    """Describe what waits for the worker or for a person's decision."""
    submissions = office.query("SELECT status FROM submissions_submission WHERE status IN ('sending', 'unconfirmed')")
    imports = office.query(
        "SELECT status FROM entry_importjob WHERE status IN ('reading', 'checking', 'sending', 'unconfirmed') "
        "OR restored_from IS NOT NULL AND status NOT IN ('deleted', 'matching')"
    )
    uploads = office.query("SELECT stage FROM uploads_zipupload WHERE stage IN ('stored', 'processing')")
    rows = office.query(
        "SELECT r.number, s.status FROM entry_importrow r LEFT JOIN submissions_submission s ON s.id = r.submission_id "
        "JOIN entry_importjob j ON j.id = r.import_job_id WHERE r.status = 'unconfirmed' OR r.status = 'requested' "
        "AND (s.status IS NULL OR s.status != 'draft' OR j.status IN ('checked', 'deleted') "
        "OR j.kind = 'typed' AND j.status = 'paused')"
    )
    return [
        *(f"a submission is {status}" for (status,) in submissions),
        *(f"an import is {status}" for (status,) in imports),
        *(f"an upload is {stage}" for (stage,) in uploads),
        *(f"row {number} waits for a request that is {status}" for number, status in rows),
    ]
