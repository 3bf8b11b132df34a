"""What holds whatever happens: no text is sent twice or unasked, nothing saved is lost, nothing hangs for ever."""

import json
from collections import Counter

from tests.simulation.office import Office


class Broken(AssertionError):
    """An invariant does not hold."""


class Expectations:
    """What people asked for and were told, from which follows what must be true."""

    def __init__(self) -> None:
        # Texts of which somebody asked for a task.
        self.requested: set[str] = set()
        # Texts of which a page said that they are saved.
        self.saved: set[str] = set()
        # How many tasks more than one a person permitted of a text or a code, by a decision that nothing was created.
        self.permitted: Counter[str] = Counter()
        # Texts and codes of tasks of which a restored database cannot know.
        self.forgotten: set[str] = set()


def check(office: Office, expected: Expectations) -> None:
    """Check what holds after each step. Raise Broken."""
    _check_sent_once(office, expected)
    _check_certain(office)
    _check_ledger(office)
    _check_codes(office, expected)
    if lost := expected.saved - office.stored_texts():
        raise Broken(f"lost: {sorted(lost)[:3]} were saved and are nowhere")


def _check_sent_once(office: Office, expected: Expectations) -> None:
    for text, count in office.task_counts().items():
        if text not in expected.requested:
            raise Broken(f"sent without a request: {text!r}")
        if count > 1 + expected.permitted[text] and text not in expected.forgotten:
            raise Broken(f"sent twice: {text!r} is {count} tasks")


def _check_codes(office: Office, expected: Expectations) -> None:
    """A code that may be used once is in one task at most, also in one that nobody is sure of."""
    for code, count in office.codes_of_tasks().items():
        if count > 1 + expected.permitted[code] and code not in expected.forgotten:
            raise Broken(f"used twice: {code!r} is in {count} tasks")


def _check_certain(office: Office) -> None:
    """An API that was known to honour Idempotency-Key leaves nothing unconfirmed but what a restore did.

    Or what it refused when it was repeated: here, a body that is suddenly too large. Or what a person stopped.
    """
    doubtful = office.ask(
        "SELECT reason FROM submissions_submission "
        "WHERE status = 'unconfirmed' AND is_declared AND restored_from IS NULL AND reason NOT LIKE '%larger than%' "
        "AND reason NOT LIKE '%stopped waiting%'"
    )
    if office.api.is_idempotent and doubtful:
        raise Broken(f"unconfirmed although the API knows: {doubtful[0][0]}")


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
        if task_id not in known and text not in expected.forgotten and not expected.permitted[text]:
            raise Broken(f"unknown to the ledger: task {task_id} ({text!r})")


def unsettled(office: Office) -> list[str]:
    """Return what waits for the worker or for a person's decision."""
    submissions = office.ask("SELECT status FROM submissions_submission WHERE status IN ('sending', 'unconfirmed')")
    imports = office.ask(
        "SELECT status FROM entry_importjob WHERE status IN ('reading', 'checking', 'sending', 'unconfirmed') "
        "OR restored_from IS NOT NULL AND status != 'deleted'"
    )
    rows = office.ask(
        "SELECT r.number, s.status FROM entry_importrow r LEFT JOIN submissions_submission s ON s.id = r.submission_id "
        "WHERE r.status = 'requested' AND (s.status IS NULL OR s.status != 'draft') OR r.status = 'unconfirmed'"
    )
    return [
        *(f"a submission is {status}" for (status,) in submissions),
        *(f"an import is {status}" for (status,) in imports),
        *(f"row {number} waits for a request that is {status}" for number, status in rows),
    ]
