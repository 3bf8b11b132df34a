"""Values that are used once among a million, on SQLite, and on PostgreSQL where TEST_POSTGRES_URL names a server.

    .venv/bin/python bench/used_values.py

Ten workflows have a hundred thousand order numbers each. Claims the 95th percentile of a look for one value, and of
recording one, in the process and without the page: at most 20 ms. Prints what a batch of 500 rows of a file takes.
BENCH_ROWS (1,000,000) and BENCH_ROUNDS (200) make it smaller.
"""

import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from shared.databases import make_owner_and_key, run_on_each, set_up_portal
from shared.measuring import claim, size
from shared.programs import run_bench

ROWS, ROUNDS = size("BENCH_ROWS", 1_000_000), size("BENCH_ROUNDS", 200)
MOST_MS, WORKFLOWS, CHUNK = 20, 10, 5_000


def measure(folder: Path) -> Iterator[bool]:
    yield from run_on_each(folder, __file__, BENCH_ROWS=str(ROWS))


def measure_here(folder: Path) -> Iterator[bool]:
    """Measure the database that the environment names."""
    set_up_portal()
    from django.db import transaction

    from pipelines_portal.submissions.models import Submission
    from pipelines_portal.submissions.used_values import uses_for
    from pipelines_portal.workflows.fields.rule_kinds import Kind
    from pipelines_portal.workflows.rules.judge import Rule
    from pipelines_portal.workflows.rules.once import digest_of_value

    person, key = make_owner_and_key()
    began = time.perf_counter()
    fill(person, key)
    print(f"{ROWS:,} values stored in {time.perf_counter() - began:.0f} s", flush=True)
    dice, rule = random.Random(7), Rule(1, 1, Kind.ONCE, "order", {"is_number": False})

    def look(count: int) -> None:
        # Every second one was used.
        numbers = [dice.randrange(ROWS // WORKFLOWS * 2) for _ in range(count)]
        values = [("order", digest_of_value(f"A-{number}", is_number=False)) for number in numbers]
        uses_for(person, key.pk, dice.randrange(1, WORKFLOWS + 1), values)

    sent = Submission.objects.filter(workflow_id=1).latest("created_at")
    rows = sent.rows.values_list("pk", flat=True)

    def record() -> None:
        """Look for the value, too, as every row does that is sent."""
        number = dice.randrange(ROWS, ROWS * 2)
        with transaction.atomic():
            sent.use_values([rule], [(dice.choice(rows), {"order": f"A-{number}"})])

    yield claim_quick("a look for one value", lambda: look(1))
    yield claim_quick("recording one value", record)
    taken = [milliseconds(lambda: look(500)) for _ in range(20)]
    print(f"a look for 500 values: {statistics.median(taken):.0f} ms", flush=True)


def fill(person: Any, key: Any) -> None:
    from django.db import connection, transaction

    from pipelines_portal.submissions.models import FieldValue, NewRow, Submission
    from pipelines_portal.submissions.models.rows import insert_rows
    from pipelines_portal.workflows.rules.once import digest_of_value

    for workflow in range(1, WORKFLOWS + 1):
        for start in range(0, ROWS // WORKFLOWS, CHUNK):
            with transaction.atomic():
                sent = Submission.objects.create(
                    owner=person, key=key, workflow_id=workflow, kind="import", status="created", row_count=CHUNK
                )
                texts = [f"A-{number}" for number in range(start, start + CHUNK)]
                insert_rows(sent, [NewRow("{}", "") for _ in texts], 0)
                sent.rows.update(status="created")
                rows = sent.rows.values_list("pk", flat=True)
                FieldValue.objects.bulk_create(
                    FieldValue(
                        key=key, workflow_id=workflow, field="order", row_id=row, had_to_be_free=True,
                        digest=digest_of_value(text, is_number=False),
                    )
                    for text, row in zip(texts, rows, strict=True)
                )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as PostgreSQL does by itself before long


def milliseconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def claim_quick(name: str, call: Callable[[], object]) -> bool:
    taken = [milliseconds(call) for _ in range(ROUNDS)]
    p50, p95 = statistics.median(taken), statistics.quantiles(taken, n=20)[-1]
    return claim(f"{name}: {p50:.1f} ms, 95th percentile {p95:.1f} ms over {MOST_MS} ms", p95 / MOST_MS, 1)


if __name__ == "__main__":
    run_bench(measure_here if "--here" in sys.argv else measure)
