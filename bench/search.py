"""Search in a million rows, on SQLite, and on PostgreSQL where TEST_POSTGRES_URL names a server.

    .venv/bin/python bench/search.py
    TEST_POSTGRES_URL=postgres://… .venv/bin/python bench/search.py

Searching is timed in the process, without the page: by the owner of the key of all rows, by a sender of one row in
forty, and by a stranger, who sees none. Prints the median and the 95th percentile of each question, with the aim for
its kind on a machine that does nothing else; and what the index costs: rows a second, in and out, and megabytes.
Claims, from the best time of each: a question over the same in a tenth of the rows, at most what LIMITS says.
BENCH_ROWS (1,000,000) and BENCH_ROUNDS (20) make it smaller.
"""

import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.databases import run_on_each, set_up_portal
from shared.measuring import claim, size
from shared.programs import run_bench

ROWS, ROUNDS = size("BENCH_ROWS", 1_000_000), size("BENCH_ROUNDS", 20)
# The 95th percentile of a kind of question, in milliseconds.
AIMS = {"words": 20, "many words": 150, "beginnings": 250}
# Ten times as many rows take so many times as long.
LIMITS = {"words": 4, "many words": 12, "beginnings": 12}
# A difference between times below this is chance.
LEAST_MS = 3
Times = dict[tuple[str, str, str], list[float]]


def measure(folder: Path) -> Iterator[bool]:
    yield from run_on_each(folder, __file__, BENCH_ROWS=str(ROWS))


def measure_here(folder: Path) -> Iterator[bool]:
    """Measure the database that the environment names."""
    set_up_portal()
    from filling.searchable import make_searchers

    people = make_searchers()
    fill(people, 0, ROWS // 10)
    few = times(people, ROWS // 10)
    fill(people, ROWS // 10, ROWS)
    many = times(people, ROWS)
    for of, milliseconds in many.items():
        kind, words, person = of
        p50, p95 = statistics.median(milliseconds), statistics.quantiles(milliseconds, n=20)[-1]
        print(f"{person}, {kind}, {words}: {p50:.1f} ms, 95th percentile {p95:.1f} ms (aim {AIMS[kind]} ms)")
        ratio = min(milliseconds) / max(min(few[of]), LEAST_MS)
        yield claim(f"{person}, {kind}, {words}, over a tenth of the rows", ratio, LIMITS[kind])
    print_cost(people)


def fill(people: dict[str, Any], first: int, end: int) -> None:
    from django.db import connection, transaction
    from filling.searchable import add_searchable_rows, index_rows

    began, taken = time.perf_counter(), 0.0
    for batch in add_searchable_rows(next(iter(people.values())), first, end):
        before = time.perf_counter()
        with transaction.atomic():
            index_rows(batch)
        taken += time.perf_counter() - before
    print(
        f"{end - first:,} rows stored in {time.perf_counter() - began:.0f} s, of it {taken:.0f} s"
        f" for the index, {(end - first) / taken:,.0f} rows a second",
        flush=True,
    )
    if connection.vendor == "postgresql":
        # As it does by itself before long.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def times(people: dict[str, Any], rows: int) -> Times:
    """Return milliseconds of each round, by kind of question, question and person."""
    from filling.searchable import words_asked

    from pipelines_portal.submissions.search.queries import SearchQuery, find_page
    from pipelines_portal.submissions.search_words import terms_in

    found: Times = {}
    for who, person in people.items():
        for kind, questions in words_asked(rows).items():
            for name, text in questions.items():
                taken, question = [], SearchQuery(terms=terms_in(text))
                for _ in range(ROUNDS + 1):
                    began = time.perf_counter()
                    find_page(person, question)
                    taken.append((time.perf_counter() - began) * 1000)
                found[kind, name, who] = taken[1:]
    return found


def print_cost(people: dict[str, Any]) -> None:
    """Print how large the index is, and how fast rows leave it: those that one person sent of their own."""
    from django.db import connection, transaction

    from pipelines_portal.submissions.models import Submission
    from pipelines_portal.submissions.search_index import TABLE

    of_sqlite = f"SELECT sum(length(block)) FROM {TABLE}_data"
    of_postgresql = f"SELECT pg_total_relation_size('{TABLE}')"
    with connection.cursor() as cursor:
        cursor.execute(of_sqlite if connection.vendor == "sqlite" else of_postgresql)
        megabytes = cursor.fetchone()[0] / 2**20
    rows, began = 0, time.perf_counter()
    for batch in Submission.objects.filter(owner=next(iter(people.values())))[:10]:
        with transaction.atomic():
            batch.delete_search_entries()
        rows += batch.row_count
    print(f"The index has {megabytes:.0f} MB. {rows / (time.perf_counter() - began):,.0f} rows a second leave it.")


if __name__ == "__main__":
    run_bench(measure_here if "--here" in sys.argv else measure)
