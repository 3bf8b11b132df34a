"""A company of 500 people, 50 teams, 200 keys and 300 workflows a key, against one of five of each.

Both have sent enough to fill a page.

Prints of each page the ratio of one run, taken in turns:
  its time in the large company / its time in the small one     at most 1.2
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import requests

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
FOLDER = Path(tempfile.mkdtemp(prefix="bench-team-"))
os.environ |= {"DATA_DIR": str(FOLDER)}

from tests import samples  # noqa: E402
from tests.live import Portal, external_api, portal  # noqa: E402

BUSY, PASSWORD, WORKFLOW = "busy@acme.example", "correct horse battery", 42
ROUNDS, LIMIT = 40, 1.2
PAGES = (
    "/people/", "/people/?q=person+00", "/people/2/", "/people/teams/", "/people/teams/1/", "/people/events/",
    "/keys/", "/keys/1/", "/keys/1/workflows/", f"/keys/1/workflows/{WORKFLOW}/tasks/",
    f"/keys/1/workflows/{WORKFLOW}/tasks/new/", "/submissions/", "/submissions/?who=team", "/submissions/?who=2",
)  # fmt: skip


def milliseconds(session: requests.Session, address: str) -> float:
    started = time.perf_counter()
    answer = session.get(address, timeout=60)
    taken = (time.perf_counter() - started) * 1000
    assert answer.status_code == 200, (address, answer.status_code)
    return taken


def compare(page: str, small: tuple[Portal, requests.Session], large: tuple[Portal, requests.Session]) -> bool:
    pairs = [
        tuple(milliseconds(session, running.url + page) for running, session in (small, large)) for _ in range(ROUNDS)
    ]
    # The best of each: what the page costs, without what else the machine was doing.
    of_small, of_large = (min(side) for side in zip(*pairs, strict=True))
    ratio = of_large / of_small
    holds = bool(ratio <= LIMIT)
    print(
        f"{'holds' if holds else 'FAILS'}  {page}: {of_small:.1f} ms, {of_large:.1f} ms, {ratio:.2f} (at most {LIMIT})"
    )
    return holds


def fill(running: Portal, size: str, key: str) -> tuple[Portal, requests.Session]:
    running.run("make_company", size=size, password=PASSWORD, key=key, workflow_id=WORKFLOW)
    return running, running.sign_in(BUSY, PASSWORD)


def main() -> None:
    with external_api(FOLDER / "api", EXTERNAL_API_KEY_LIMIT="1000000/minute") as api:
        api.load(samples.organization("Acme", samples.workflow(WORKFLOW)))
        key = api.new_key("Acme")
        with portal(FOLDER / "small", api.url) as one, portal(FOLDER / "large", api.url) as other:
            small, large = fill(one, "small", key), fill(other, "large", key)
            for page in PAGES:  # what is read only once is read now
                milliseconds(small[1], one.url + page), milliseconds(large[1], other.url + page)
            held = [compare(page, small, large) for page in PAGES]
    sys.exit(not all(held))


if __name__ == "__main__":
    main()
