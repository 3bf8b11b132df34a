"""Search over 200,000 rows of 21 people, by the owner of the key that they were sent with.

Claim, for each question: the best time of the search page over that of a person with a tenth of the rows, asked the
same in turns, is at most 2.
BENCH_ROWS and BENCH_ROUNDS change the number of rows and of rounds. 100,000 rows take a minute or two to store.
"""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from shared.measuring import best_seconds, claim, size
from shared.programs import portal, run_bench

ROWS, ROUNDS, LIMIT = size("BENCH_ROWS", 200_000), size("BENCH_ROUNDS", 15), 2.0
PEOPLE, PASSWORD = ("few@acme.example", "many@acme.example"), "correct horse battery"
NO_API = "http://127.0.0.1:9/api/v1"


def measure(folder: Path) -> Iterator[bool]:
    with portal(folder, NO_API) as program:
        started = time.perf_counter()
        questions = program.fill("rows", str(ROWS))
        print(f"{ROWS:,} rows stored with their words in {time.perf_counter() - started:.0f} s")
        few, many = (program.sign_in(email, PASSWORD) for email in PEOPLE)
        for name, words in questions.items():
            path = f"/search/?q={words.replace(' ', '+')}"
            few.get(path), many.get(path)
            least, most = best_seconds(ROUNDS, partial(few.get, path), partial(many.get, path))
            yield claim(f"{name} ({least * 1000:.0f} ms, {most * 1000:.0f} ms)", most / least, LIMIT)


if __name__ == "__main__":
    run_bench(measure)
