"""5,000 tasks of five nodes created by one request of the External API, against a bare bulk_create of the same rows.

Claim: the best time of the request over that of bulk_create is at most 1.
BENCH_TASKS and BENCH_ROUNDS reduce the number of tasks and of rounds.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import requests
from shared.measuring import claim, seconds, size
from shared.programs import WORKFLOW, external_api, run_bench

TASKS, ROUNDS = size("BENCH_TASKS", 5_000), size("BENCH_ROUNDS", 7)


def measure(folder: Path) -> Iterator[bool]:
    rows = [{"input_text": f"Sentence number {number}", "target_language": "French"} for number in range(TASKS)]
    body = json.dumps({"tasks": [{"fields": row} for row in rows]})
    with external_api(folder / "api") as api, requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {api.create_key()}"
        session.headers["Content-Type"] = "application/json"

        def create() -> None:
            answer = session.post(f"{api.api_url}/workflows/{WORKFLOW}/tasks", data=body, timeout=60)
            assert answer.json()["success_count"] == TASKS, answer.text

        by_request, in_bulk = [], []
        for _ in range(ROUNDS):
            by_request.append(seconds(create))
            in_bulk.append(api.fill("tasks", str(TASKS), "--nodes")["seconds"])
    print(f"{TASKS:,} tasks: one request {min(by_request):.3f} s, bulk_create {min(in_bulk):.3f} s")
    yield claim("one request over bulk_create", min(by_request) / min(in_bulk), 1)


if __name__ == "__main__":
    run_bench(measure)
