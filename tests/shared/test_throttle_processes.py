"""Two processes count together, and tries at once are counted one by one."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from pipelines_portal.shared.sign_in_throttle.counting import ADDRESS_TRIES, FREE_TRIES
from tests.live import portal


def guess(url: str, email: str) -> int:
    session = requests.Session()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', session.get(f"{url}/sign-in/", timeout=60).text)
    assert token
    form = {"username": email, "password": "guess", "csrfmiddlewaretoken": token[1]}
    return session.post(f"{url}/sign-in/", data=form, timeout=60).status_code


def at_once(url: str, emails: list[str]) -> Counter[int]:
    with ThreadPoolExecutor(len(emails)) as threads:
        return Counter(threads.map(lambda email: guess(url, email), emails))


def test_tries_at_once_at_several_processes_are_counted_together(tmp_path: Path) -> None:
    with portal(tmp_path, "http://127.0.0.1:1/api/v1", WEB_CONCURRENCY="2") as running:
        assert at_once(running.url, ["maria@acme.example"] * 16) == {422: FREE_TRIES, 429: 16 - FREE_TRIES}
        sprayed = at_once(running.url, [f"p{number}@acme.example" for number in range(24)])
        assert sprayed[422] <= ADDRESS_TRIES - FREE_TRIES + 1
        assert sprayed[422] + sprayed[429] == 24
