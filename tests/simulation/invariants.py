"""What holds whatever happens: no text is sent twice or unasked, nothing saved is lost, nothing hangs for ever."""

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
    """An invariant does not hold."""


class Expectations:
    """What people asked for and were told, from which follows what must be true."""

    def __init__(self) -> None:
        # Texts of which somebody asked for a task.
        self.requested: set[str] = set()
        # Texts of which a page said that they are saved.
        self.saved: set[str] = set()
        # How many tasks more than one a text or a code may have: by a wrong decision, a copy, or from before a rule.
        self.permitted: Counter[str] = Counter()
        # Texts of more than one row.
        self.equal: set[str] = set()
        # Submissions with their tries of which people stopped the waiting for an answer.
        self.abandoned: set[tuple[str, int]] = set()
        # Tasks and texts of which a person said, too early, that nothing was created.
        self.excused: set[int | str] = set()
        # Whether the key has ever not been shared with the colleague.
        self.had_no_right = False
        # Tasks of which the API's answer has arrived and could be recorded.
        self.answered: set[int] = set()
        # Imports that somebody has sent, with their owners then.
        self.started: set[tuple[str, int]] = set()
        # After the step before: texts whose sending can still be undone, until when, and the newest task.
        self.waiting: dict[str, datetime] = {}
        self.newest = 0
        # Until when people muted groups.
        self.muted: dict[int, datetime] = {}
        # After the step before: the latest claim of each submission, the rule with its version, and how many requests
        # there were while the colleague could not use the key.
        self.claims: dict[str, str] = {}
        # After the step before: above which task those look for their own that an earlier try may have created.
        self.newest_before: dict[str, int] = {}
        self.rule: Rule = None
        self.requests_seen: int | None = None
        # After the step before: the rule by which codes are used once, and the codes of tasks.
        self.rule_of_codes: tuple[object, ...] | None = None
        self.codes: Counter[str] = Counter()
        # Codes that were sent before that rule, while the worker has not read them.
        self.early_codes: set[str] = set()
        # Texts and codes that are exempt: sent after the backup that was restored, or on their way when a rule began.
        self.forgotten: set[str] = set()
        # What is wrong with a request of this step: an error raised on its way would be one of the API's.
        self.wrong_post = ""

    def forget_restored(self) -> None:
        """A restored database has other rules, shares and groups."""
        self.muted, self.rule, self.requests_seen, self.answered, self.rule_of_codes = {}, None, None, set(), None
        self.newest_before = {}

    def excuse(self, office: Office, texts: set[str]) -> set[str]:
        """A person says that these texts are no tasks: the ledger need not know of those that exist or will now.

        Return the texts of which that is wrong, or will be.
        """
        tasks = {task_id: text for task_id, text in office.own_tasks().items() if text in texts}
        on_their_way = texts & set(TEXT.findall(" ".join(world.on_the_wire)))
        self.excused |= {*tasks, *on_their_way}
        return {*tasks.values(), *on_their_way}


def note_post(office: Office, expected: Expectations, key: str) -> None:
    """Note what is wrong with a request of an import that leaves now.

    It leaves in the name of an owner in whose name somebody has sent the import, and not while that can be undone.
    """
    question = (
        "SELECT j.id, s.owner_id, j.kind, j.start_at, s.sent_at FROM submissions_submission s JOIN entry_importjob j "
        "ON j.id = s.\"group\" WHERE s.idempotency_key = ? AND s.status = 'sending' AND s.answer_lost_at IS NULL"
    )
    for pk, owner, kind, start_at, sent_at in office.ask(question, key) if key else ():
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
    _check_ledger(office)
    _check_codes(office, expected)
    _check_values(office)
    _check_rows(office)
    _check_waiting(office, expected)
    _check_started(office, expected)
    _check_rights(office, expected)
    _check_rule(office, expected)
    _check_groups(office, expected)
    if unknown := expected.answered - office.known_tasks():
        raise Broken(f"answer forgotten: the ledger does not know tasks {sorted(unknown)[:3]}")
    if lost := expected.saved - office.stored_texts():
        raise Broken(f"lost: {sorted(lost)[:3]} were saved and are nowhere")


def _check_sent_once(office: Office, expected: Expectations) -> None:
    for text, count in office.task_counts().items():
        if text not in expected.requested:
            raise Broken(f"sent without a request: {text!r}")
        if count > 1 + expected.permitted[text] and text not in expected.forgotten:
            raise Broken(f"sent twice: {text!r} is {count} tasks")


def _check_codes(office: Office, expected: Expectations) -> None:
    """While a rule says so, a code comes into one task at most, also into one that nobody is sure of.

    Codes that were sent before the rule count as soon as the worker has read them.
    """
    rule, codes, before = office.rule_of_codes(), office.codes_of_tasks(), expected.codes
    is_new = rule is None or expected.rule_of_codes is None or rule[:2] != expected.rule_of_codes[:2]
    if is_new:
        on_their_way = office.codes_on_their_way()
        expected.early_codes = {*codes, *on_their_way}
        expected.forgotten |= {code for code in on_their_way if on_their_way[code] + codes[code] > 1}
    elif expected.rule_of_codes and expected.rule_of_codes[2]:
        expected.early_codes = set()
    expected.rule_of_codes, expected.codes = rule, codes
    for code, count in codes.items():
        if is_new or code in expected.early_codes:
            expected.permitted[code] += max(count - max(before[code], 1), 0)
        elif count > 1 + expected.permitted[code] and code not in expected.forgotten:
            raise Broken(f"used twice: {code!r} is in {count} tasks")


def _check_certain(office: Office, expected: Expectations) -> None:
    """An API that was known to honour Idempotency-Key leaves nothing unconfirmed but what a restore did.

    Left out, too: what it refused when it was repeated (here, a body that is suddenly too large), what a person
    stopped, and what its sender lost the right to send.
    """
    doubtful = office.ask(
        "SELECT reason, id, attempt, owner_id FROM submissions_submission "
        "WHERE status = 'unconfirmed' AND is_declared AND restored_from IS NULL AND reason NOT LIKE '%larger than%'"
    )
    for reason, pk, attempt, owner in doubtful if office.api.is_idempotent else ():
        is_right_lost = "no longer has access" in reason and owner == office.people[1].pk and expected.had_no_right
        if not is_right_lost and (pk, attempt) not in expected.abandoned:
            raise Broken(f"unconfirmed although the API knows: {reason}")


def _check_newest(office: Office, expected: Expectations) -> None:
    """A later try still offers the tasks that an earlier one may have created."""
    uncertain = office.ask(
        "SELECT id, newest_task_id_before FROM submissions_submission WHERE newest_task_id_before IS NOT NULL "
        "AND kind != 'zip' AND (is_earlier_try_uncertain OR is_decided_by_person AND status = 'draft')"
    )
    before, expected.newest_before = expected.newest_before, dict(uncertain)
    for pk, newest in uncertain:
        if newest > before.get(pk, newest):
            raise Broken(f"hidden: tasks up to {newest} may be of an earlier try, and are not offered")


def _check_waiting(office: Office, expected: Expectations) -> None:
    """Nothing leaves while its sending can be undone, unless a person wants it at once."""
    for task in office.api.tasks.values():
        text = task.fields["input_text"]
        if task.id > expected.newest and task.created_at < expected.waiting.get(text, task.created_at):
            raise Broken(f"sent before the undo was over: {text!r}")
    # A later time was set before the clock was set back.
    latest, expected.newest = world.now + UNDO_FOR, office.api.newest_task_id
    waiting = office.texts_that_wait().items()
    expected.waiting = {text: until for text, until in waiting if until <= latest and text not in expected.equal}


def _check_started(office: Office, expected: Expectations) -> None:
    """A file is sent only in the name of an owner in whose name somebody has sent it. Typed rows change no owner."""
    sending = office.ask("SELECT id, owner_id FROM entry_importjob WHERE status = 'sending' AND kind = 'file'")
    for pk, owner in sending:
        if (pk, owner) not in expected.started:
            raise Broken(f"sent in another's name: nobody has sent import {pk} for person {owner}")


def _check_rights(office: Office, expected: Expectations) -> None:
    """Nothing of the colleague's leaves after a step in which the key was no longer shared."""
    seen, requests, colleague = expected.requests_seen, office.api.requests, office.people[1].pk
    expected.requests_seen = None if office.shares_of_colleague() else len(requests)
    if seen is None or expected.requests_seen is None:
        return
    for request in requests[seen:]:
        for text in TEXT.findall(request.text) if request.method == "POST" else ():
            if office.owners_of(text) == {colleague}:
                raise Broken(f"sent without a right: {text!r}")
        if (confirmed := CONFIRM.search(request.target)) and office.owner_of_upload(confirmed[1]) == colleague:
            raise Broken(f"sent without a right: upload {confirmed[1]}")


def _check_rule(office: Office, expected: Expectations) -> None:
    """Rows are claimed only if they keep the rule, or if somebody has accepted the warning of this version."""
    claims_before, rule_before = expected.claims, expected.rule
    claimed = "SELECT id, COALESCE(sent_at, \"group\", '') FROM submissions_submission"
    expected.claims = dict(office.ask(claimed))
    found = office.ask("SELECT id, version, is_warning FROM workflows_workflowrule WHERE kind = 'filled' AND is_on")
    expected.rule = found[0] if found else None
    if not expected.rule or expected.rule != rule_before:
        return
    rule, version, is_warning = expected.rule
    for pk in (pk for pk, claim in expected.claims.items() if claim != claims_before.get(pk, "")):
        rows = office.ask(
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
    """A group stays muted until the time that a person chose."""
    expected.muted = {pk: until for pk, until in expected.muted.items() if until > world.now}
    for pk in expected.muted:
        if (state := office.state_of_group(pk)) != "muted":
            raise Broken(f"mute forgotten: group {pk} is {state or 'gone'}")


def _check_rows(office: Office) -> None:
    """The counts of an import are those of its rows, and a row is in one open request at most."""
    is_still = "j.status NOT IN ('reading', 'checking')"
    counted: dict[str, dict[str, int]] = {}
    for pk, status, count in office.ask(
        "SELECT import_job_id, status, COUNT(*) FROM entry_importrow WHERE status != 'unchecked' GROUP BY 1, 2"
    ):
        counted.setdefault(pk, {})[status] = count
    for pk, counts in office.ask(f"SELECT id, row_counts FROM entry_importjob j WHERE {is_still}"):
        if json.loads(counts) != counted.get(pk, {}):
            raise Broken(f"miscounted: import {pk} has rows {counted.get(pk)}, and says {counts}")
    twice = office.ask(
        "SELECT r.number FROM submissions_submissionrow r JOIN submissions_submission s ON s.id = r.submission_id "
        "WHERE s.\"group\" IS NOT NULL AND NOT s.is_called_off AND s.status IN ('draft', 'sending', 'unconfirmed') "
        'GROUP BY s."group", r.number HAVING COUNT(*) > 1'
    )
    alone = office.ask(
        f"SELECT r.number FROM entry_importrow r JOIN entry_importjob j ON j.id = r.import_job_id WHERE {is_still} "
        "AND r.submission_id IS NULL AND r.status IN ('requested', 'created', 'unconfirmed')"
    )
    if twice or alone:
        raise Broken(f"requested badly: rows {twice} are in two requests, rows {alone} in none")
    without_task = office.ask(
        "SELECT r.number FROM entry_importrow r LEFT JOIN submissions_submissionrow s "
        "ON s.submission_id = r.submission_id AND s.number = r.number AND s.status = 'created' AND s.task_id > 0 "
        "WHERE r.status = 'created' AND s.id IS NULL"
    )
    if without_task:
        raise Broken(f"created badly: rows {without_task} have no task")
    other_text = office.ask(
        "SELECT r.number FROM entry_importrow r JOIN submissions_submissionrow s "
        "ON s.submission_id = r.submission_id AND s.number = r.number WHERE r.status = 'created' "
        "AND json_extract(s.fields, '$.input_text') "
        "!= COALESCE(json_extract(r.edits, '$.input_text'), json_extract(r.cells, '$[0]'))"
    )
    if other_text:
        raise Broken(f"created badly: rows {other_text} have other texts than their tasks")


def _check_values(office: Office) -> None:
    """A value that is used once is held by a row that is, or may become, a task."""
    held = office.ask(
        "SELECT v.digest, r.status, s.status FROM submissions_fieldvalue v "
        "JOIN submissions_submissionrow r ON r.id = v.row_id JOIN submissions_submission s ON s.id = r.submission_id "
        "WHERE NOT v.is_shared "
        "AND NOT EXISTS (SELECT 1 FROM submissions_unattributedtask t WHERE t.submission_id = s.id) "
        "AND (r.status = 'rejected' OR s.status = 'draft' AND s.kind = 'form' AND NOT s.is_earlier_try_uncertain)"
    )
    if held:
        raise Broken(f"used by nothing: a value of a row that is {held[0][1]}, in what is {held[0][2]}")


def _check_ledger(office: Office) -> None:
    """Each task that the ledger attributes to a row has the row's values, and is in no other row."""
    rows = office.ask(
        "SELECT r.task_id, r.fields, s.is_decided_by_person FROM submissions_submissionrow r "
        "JOIN submissions_submission s ON s.id = r.submission_id WHERE r.task_id > 0"
    )
    for task_id, fields, is_guess in rows:
        task = office.api.tasks.get(task_id)
        if task is None or (task.fields != json.loads(fields) and not is_guess):
            raise Broken(f"wrong in the ledger: task {task_id} is {fields}, at the API {task and task.fields}")
    for task_id, count in Counter(row[0] for row in rows).items():
        if count > 1:
            raise Broken(f"wrong in the ledger: task {task_id} belongs to {count} rows")


def check_end(office: Office, expected: Expectations) -> None:
    """Check what holds once all is well again and people have decided. Raise Broken."""
    check(office, expected)
    for what in unsettled(office):
        raise Broken(f"for ever: {what}, although all is well")
    known = office.known_tasks()
    for task_id, text in office.own_tasks().items():
        if task_id not in known and text not in expected.forgotten and not expected.excused & {task_id, text}:
            raise Broken(f"unknown to the ledger: task {task_id} ({text!r})")


def unsettled(office: Office) -> list[str]:
    """Return what waits for the worker or for a person's decision."""
    submissions = office.ask("SELECT status FROM submissions_submission WHERE status IN ('sending', 'unconfirmed')")
    imports = office.ask(
        "SELECT status FROM entry_importjob WHERE status IN ('reading', 'checking', 'sending', 'unconfirmed') "
        "OR restored_from IS NOT NULL AND status NOT IN ('deleted', 'matching')"
    )
    uploads = office.ask("SELECT stage FROM uploads_zipupload WHERE stage IN ('stored', 'processing')")
    rows = office.ask(
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
