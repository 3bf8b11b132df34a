"""Suggestions among a million counted values, on SQLite, and on PostgreSQL where TEST_POSTGRES_URL names a server.

    .venv/bin/python bench/suggestions.py

A hundred people have a thousand values in each of ten fields, and one has 5,000 order numbers that begin alike. Claims
the 95th percentile of a suggestion, in the process and without the page: at most 20 ms. Prints what counting costs.
BENCH_ROWS (1,000,000) and BENCH_ROUNDS (200) make it smaller.
"""

import random
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.databases import run_on_each, set_up_portal
from shared.measuring import claim, size
from shared.programs import run_bench

ROWS, ROUNDS = size("BENCH_ROWS", 1_000_000), size("BENCH_ROUNDS", 200)
MOST_MS, PEOPLE, FIELDS = 20, 100, 10
# Texts are made of these.
SYLLABLES = (
    "al",
    "ber",
    "cor",
    "den",
    "fal",
    "gar",
    "hol",
    "jan",
    "kor",
    "lin",
    "mar",
    "nor",
    "os",
    "pal",
    "ros",
    "sol",
)


def measure(folder: Path) -> Iterator[bool]:
    yield from run_on_each(folder, __file__, BENCH_ROWS=str(ROWS))


def measure_here(folder: Path) -> Iterator[bool]:
    """Measure the database that the environment names."""
    set_up_portal()
    from pipelines_portal.accounts.models import User
    from pipelines_portal.keys.models import SavedKey
    from pipelines_portal.submissions.suggestions import suggested_values
    from pipelines_portal.workflows.models import OpenedWorkflow

    people = [User(email=f"person{number}@bench.example") for number in range(PEOPLE)]
    User.objects.bulk_create(people)
    key = SavedKey(owner=people[0], name="Bench")
    key.encrypt("key-of-the-bench")
    key.save()
    workflow = OpenedWorkflow.objects.create(key=key, workflow_id=1, name="Orders", status="ACTIVE")
    began = time.perf_counter()
    fill(people, key)
    print(f"{ROWS:,} values stored in {time.perf_counter() - began:.0f} s", flush=True)
    dice = random.Random(7)
    for letters in (2, 4):
        taken = []
        for _ in range(ROUNDS):
            typed = "".join(dice.choices(SYLLABLES, k=3))[:letters]
            person, field = dice.choice(people), f"field{dice.randrange(FIELDS)}"
            taken.append(milliseconds(lambda: suggested_values(person, workflow, field, typed)))  # noqa: B023 - at once
        yield claim_quick(f"after {letters} letters", taken)
    taken = [milliseconds(lambda: suggested_values(people[0], workflow, "number", "A-")) for _ in range(ROUNDS)]
    yield claim_quick("5,000 order numbers that begin alike", taken)


def fill(people: list[Any], key: Any) -> None:
    from django.db import connection, transaction
    from django.utils import timezone

    from pipelines_portal.submissions.suggestions import _add

    dice, now = random.Random(5), timezone.now()
    for person in people:
        place = person.pk, key.pk, 1
        values = {
            (place, f"field{field}", f"{''.join(dice.choices(SYLLABLES, k=4))} {number}"): (dice.randrange(1, 60), now)
            for field in range(FIELDS)
            for number in range(ROWS // PEOPLE // FIELDS)
        }
        if person is people[0]:
            values |= {(place, "number", f"A-{number:06}"): (1, now) for number in range(5_000)}
        with transaction.atomic():
            _add(values)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as PostgreSQL does by itself before long


def milliseconds(call: Any) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def claim_quick(name: str, taken: list[float]) -> bool:
    p50, p95 = statistics.median(taken), statistics.quantiles(taken, n=20)[-1]
    return claim(f"{name}: {p50:.1f} ms, 95th percentile {p95:.1f} ms over {MOST_MS} ms", p95 / MOST_MS, 1)


if __name__ == "__main__":
    run_bench(measure_here if "--here" in sys.argv else measure)
