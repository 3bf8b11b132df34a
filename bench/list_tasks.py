"""Pages of 200 of a million tasks, from the External API.

Claims, from the best time of each in turns:
  the first page over a bare query for the same rows, written as JSON     at most 3
  the last page over the first                                            at most 1.2
  the last page of finished tasks over the first of them                  at most 1.2
  a rare status, whose tasks are the oldest, over the first page          at most 1.2
BENCH_TASKS and BENCH_ROUNDS reduce the number of tasks and of rounds.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import requests
from shared.measuring import best_seconds, claim, size
from shared.programs import WORKFLOW, ExternalApi, external_api, run_bench

TASKS, ROUNDS, PAGE = size("BENCH_TASKS", 1_000_000), size("BENCH_ROUNDS", 100), 200
COLUMNS = "id, status, nodes_total, nodes_finished, nodes_in_progress, nodes_pending, created_at, updated_at"
BARE = f"SELECT {COLUMNS} FROM external_api_task WHERE workflow_id = {WORKFLOW} ORDER BY id DESC LIMIT {PAGE + 1}"


def measure(folder: Path) -> Iterator[bool]:
    with external_api(folder / "api") as api, requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {api.create_key()}"
        last = api.fill("tasks", str(TASKS))["last_page"]
        page = partial(get_page, session, api)
        page("")
        with closing(sqlite3.connect(folder / "api" / "external_api.sqlite3")) as database:
            times = best_seconds(
                ROUNDS,
                lambda: bare_page(database),
                lambda: page(""),
                lambda: page(f"&cursor={last}"),
                lambda: page("&status=finished"),
                lambda: page(f"&status=finished&cursor={last}", least=1),
                lambda: page("&status=quarantined", least=1),
            )
    bare, first_page, last_page, finished, last_finished, rare = times
    print(f"bare {bare * 1000:.2f} ms, first page {first_page * 1000:.2f} ms, last page {last_page * 1000:.2f} ms")
    yield claim("the first page over a bare query as JSON", first_page / bare, 3)
    yield claim("the last page over the first", last_page / first_page, 1.2)
    yield claim("the last page of finished tasks over the first", last_finished / finished, 1.2)
    yield claim("a rare status over the first page", rare / first_page, 1.2)


def get_page(session: requests.Session, api: ExternalApi, query: str, least: int = PAGE) -> None:
    answer = session.get(f"{api.api_url}/workflows/{WORKFLOW}/tasks?limit={PAGE}{query}", timeout=60)
    assert len(answer.json()["tasks"]) >= least, answer.text[:500]


def bare_page(database: sqlite3.Connection) -> str:
    """Return the API's answer, made with nothing but SQLite and JSON."""
    rows = database.execute(BARE).fetchall()
    tasks = [
        {
            "id": row[0], "status": row[1], "created_at": row[6], "updated_at": row[7],
            "node_summary": {"total": row[2], "finished": row[3], "in_progress": row[4], "pending": row[5]},
        }
        for row in rows[:PAGE]
    ]  # fmt: skip
    return json.dumps({"tasks": tasks, "has_more": len(rows) > PAGE})


if __name__ == "__main__":
    run_bench(measure)
