"""The ledger with 100,000 rows: keeping them against a bare bulk_create of the same rows, and reading a page of them.

Prints the ratios of one run:
  keep 100,000 rows / bulk_create of as many, unencrypted     at most 3
  a page of rows at the end / one at the beginning            at most 2
  outcome of 5,000 rows / bulk_create of 5,000                at most 3
and the memory that keeping and reading rows takes at its highest.
"""

import os
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ |= {
    "DATA_DIR": tempfile.mkdtemp(prefix="bench-ledger-"),
    "DJANGO_SETTINGS_MODULE": "pipelines_portal.settings",
}

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from pipelines_portal.accounts.models import User  # noqa: E402
from pipelines_portal.api_client import CreatedTasks, RowError  # noqa: E402
from pipelines_portal.saved_keys.models import SavedKey  # noqa: E402
from pipelines_portal.submissions.drafts import save_draft  # noqa: E402
from pipelines_portal.submissions.models import Submission, SubmissionRow  # noqa: E402
from pipelines_portal.submissions.outcomes import record_created  # noqa: E402
from pipelines_portal.submissions.rows import CHUNK, read_fields, rows_after  # noqa: E402
from pipelines_portal.submissions.transitions import claim  # noqa: E402
from pipelines_portal.workflows.models import OpenedWorkflow  # noqa: E402

ROWS, SENT, ROUNDS = 100_000, 5_000, 3
# Tracing slows everything down tenfold, and memory does not depend on the number of rows.
TRACED = 20_000


def rows(count: int) -> Iterator[dict[str, Any]]:
    return ({"input_text": f"Sentence number {n} of many", "target_language": "French"} for n in range(count))


def seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def desk() -> tuple[User, SavedKey, OpenedWorkflow]:
    person = User.objects.create_user("bench@example.com")
    key = SavedKey(owner=person, name="Bench", fingerprint="bench")
    key.seal("pk_live_" + "0" * 40)
    key.save()
    return person, key, OpenedWorkflow.objects.create(key=key, workflow_id=42, name="Bench", status="ACTIVE")


def keep(count: int) -> Submission:
    return save_draft(person, key, workflow, rows(count), uuid4(), Submission.Kind.FORM)


def bare(count: int) -> None:
    """As many rows without their values, in the same chunks."""
    with transaction.atomic():
        submission = save_draft(person, key, workflow, [], uuid4(), Submission.Kind.FORM)
        made = (SubmissionRow(submission=submission, index=n) for n in range(count))
        SubmissionRow.objects.bulk_create(made, batch_size=CHUNK)


def outcome() -> float:
    """Writing down 5,000 outcomes, a tenth of them rejected."""
    submission = keep(SENT)
    claim(submission, 0, until=None)
    errors = [RowError(index=n, field_name="input_text", message="Too long") for n in range(0, SENT, 10)]
    good = SENT - len(errors)
    created = CreatedTasks(success_count=good, error_count=len(errors), errors=errors, task_ids=[*range(1, good + 1)])
    return seconds(lambda: record_created(submission, created))


def report(name: str, ratio: float, limit: float) -> bool:
    print(f"{name}: {ratio:.2f} (at most {limit:g})")
    return ratio <= limit


call_command("migrate", verbosity=0)
person, key, workflow = desk()
keep(CHUNK)
bare(CHUNK)
pairs = [(seconds(lambda: keep(ROWS)), seconds(lambda: bare(ROWS))) for _ in range(ROUNDS)]
kept, plain = (statistics.median(side) for side in zip(*pairs, strict=True))
submission = Submission.objects.filter(row_count=ROWS)[0]
pages = {
    after: statistics.median(seconds(lambda: list(rows_after(submission, after, 50))) for _ in range(50))  # noqa: B023
    for after in (-1, ROWS - 51)
}
with connection.cursor() as cursor:
    cursor.execute("SELECT COUNT(*) FROM submissions_submissionrow")
    print(f"{cursor.fetchone()[0]:,} rows in the table")
outcomes = statistics.median(outcome() for _ in range(ROUNDS))
plain_outcomes = statistics.median(seconds(lambda: bare(SENT)) for _ in range(ROUNDS))
tracemalloc.start()
traced = keep(TRACED)
kept_peak = tracemalloc.get_traced_memory()[1]
tracemalloc.reset_peak()
assert sum(1 for _ in read_fields(traced)) == TRACED
print(f"keep {ROWS:,} rows: {kept:.2f} s, bare: {plain:.2f} s; outcome of {SENT:,}: {outcomes:.2f} s")
print(f"page of 50: first {pages[-1] * 1000:.2f} ms, last {pages[ROWS - 51] * 1000:.2f} ms")
print(
    f"highest memory: keeping {kept_peak / 2**20:.0f} MB, reading {tracemalloc.get_traced_memory()[1] / 2**20:.0f} MB"
)
fine = [
    report("keep / bare bulk_create", kept / plain, 3),
    report("last page / first page", pages[ROWS - 51] / pages[-1], 2),
    report("outcome / bare bulk_create", outcomes / plain_outcomes, 3),
]
sys.exit(not all(fine))
