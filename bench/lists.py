"""Lists of 50,000 entries among a million, on SQLite, and on PostgreSQL where TEST_POSTGRES_URL names a server.

    .venv/bin/python bench/lists.py

Claims the 95th percentile of what is offered while somebody types, in the process and without the page: at most 20 ms;
and what a rule over such a list adds to the check of a row: at most 0.2 ms. Prints what storing and replacing cost.
BENCH_ROWS (1,000,000) and BENCH_ROUNDS (200) make it smaller.
"""

import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.databases import make_owner_and_key, run_on_each, set_up_portal
from shared.measuring import claim, size
from shared.programs import run_bench
from suggestions import SYLLABLES, claim_quick, milliseconds

ENTRIES, CHECKED, MOST_MS_A_ROW = 50_000, 5_000, 0.2
ROWS, ROUNDS = size("BENCH_ROWS", 1_000_000), size("BENCH_ROUNDS", 200)


def measure(folder: Path) -> Iterator[bool]:
    yield from run_on_each(folder, __file__, BENCH_ROWS=str(ROWS))


def measure_here(folder: Path) -> Iterator[bool]:
    """Measure the database that the environment names."""
    set_up_portal()
    from django.db import connection

    from pipelines_portal.entry.lists.files import ListLines
    from pipelines_portal.entry.lists.stored import add_list, replace_list
    from pipelines_portal.workflows.lists import find_entries

    person, key = make_owner_and_key()
    began = time.perf_counter()
    lines = [ListLines(["Code", "Name", "Country"], entries(seed)) for seed in range(max(ROWS // ENTRIES, 1))]
    lists = [add_list(key, f"List {place}", each, 0, 1, person) for place, each in enumerate(lines)]
    print(f"{len(lists)} lists of {ENTRIES:,} stored in {time.perf_counter() - began:.0f} s", flush=True)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as PostgreSQL does by itself before long
    dice = random.Random(7)
    for letters in (2, 4):
        taken = []
        for _ in range(ROUNDS):
            typed = "".join(dice.choices(SYLLABLES, k=3))[:letters]
            found = dice.choice(lists)
            taken.append(milliseconds(lambda: find_entries(found, typed)))  # noqa: B023 - at once
        yield claim_quick(f"after {letters} letters of a name", taken)
    taken = [milliseconds(lambda: find_entries(lists[0], f"{dice.randrange(10, 60)}")) for _ in range(ROUNDS)]
    yield claim_quick("after 2 digits of a code", taken)
    yield claim_checked(lists[0])
    changed = ListLines(lines[0].columns, [*lines[0].lines[1_000:], *new_lines(1_000)])
    took = milliseconds(lambda: replace_list(lists[0], 1, changed, 0, 1, person))
    print(f"1,000 entries new and 1,000 gone: {took:,.0f} ms", flush=True)


def entries(seed: int) -> list[tuple[int, list[str]]]:
    dice = random.Random(seed)
    words = ["".join(dice.choices(SYLLABLES, k=3)) for _ in range(2_000)]
    return [
        (number, [f"{number + 10_000}", f"{dice.choice(words)} {dice.choice(words)} GmbH {dice.choice(words)}", "DE"])
        for number in range(ENTRIES)
    ]


def new_lines(count: int) -> list[tuple[int, list[str]]]:
    return [(ENTRIES + number, [f"N-{number}", "New", "AT"]) for number in range(count)]


def claim_checked(found: Any) -> bool:
    """Claim what the rule adds to the check of rows, with the reading of all codes."""
    from pipelines_portal.api_client import Field
    from pipelines_portal.core.notation import Notation
    from pipelines_portal.workflows.checking import RowCheck
    from pipelines_portal.workflows.fields.rule_kinds import Kind
    from pipelines_portal.workflows.rules.judge import Rule

    fields = [Field(name=f"field{number}", type="short_text") for number in range(5)]
    rows = [{"field0": f"{10_000 + number * 7}", "field1": "Back gate"} for number in range(CHECKED)]
    rule = Rule(1, 1, Kind.ONE_OF, "field0", {}, codes=found)
    taken = []
    for rules in ((), (rule,)):
        check = RowCheck(fields, Notation(), "Europe/Vienna", rules=rules)
        taken.append(milliseconds(lambda: [check.row(row) for row in rows]))  # noqa: B023 - at once
    added = (taken[1] - taken[0]) / CHECKED
    said = f"rule over {ENTRIES:,} codes: {added * 1000:.0f} µs a row over {MOST_MS_A_ROW * 1000:.0f} µs"
    return claim(said, added / MOST_MS_A_ROW, 1)


if __name__ == "__main__":
    run_bench(measure_here if "--here" in sys.argv else measure)
