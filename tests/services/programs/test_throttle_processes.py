"""Two processes count together, and tries at once are counted one by one."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from pipelines_portal.core.sign_in_throttle.throttle import ACCOUNT_TRIES, ADDRESS_TRIES
from tests.live import portal


def form(email: str, url: str) -> tuple[requests.Session, dict[str, str]]:
    session = requests.Session()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', session.get(f"{url}/sign-in/", timeout=60).text)
    assert token
    return session, {"username": email, "password": "guess", "csrfmiddlewaretoken": token[1]}


def at_once(url: str, emails: list[str]) -> Counter[int]:
    """The forms are fetched before; what is counted is sent together."""
    forms = [form(email, url) for email in emails]
    with ThreadPoolExecutor(len(emails)) as threads:
        return Counter(
            threads.map(lambda each: each[0].post(f"{url}/sign-in/", data=each[1], timeout=60).status_code, forms)
        )


def test_tries_at_once_at_several_processes_are_counted_together(tmp_path: Path) -> None:
    with portal(tmp_path, "http://127.0.0.1:1/api/v1", WEB_CONCURRENCY="2") as running:
        tried = at_once(running.url, ["maria@acme.example"] * 16)
        assert tried == {422: ACCOUNT_TRIES, 429: 16 - ACCOUNT_TRIES}
        sprayed = at_once(running.url, [f"p{number}@acme.example" for number in range(24)])
        assert sprayed[422] <= ADDRESS_TRIES - ACCOUNT_TRIES
        assert sprayed[422] + sprayed[429] == 24
