"""One side of bench/pages.py: a portal in a process of its own, filled, and asked through the whole server.

`side.py few KEY`, with DATA_DIR and PIPELINES_API_URL in the environment. A line of JSON says what to ask, one answers.
"""

import gc
import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[1])]
os.environ["DJANGO_SETTINGS_MODULE"] = "pipelines_portal.settings"

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from filled.addresses import addresses_for  # noqa: E402
from filled.ledger import make_ledger  # noqa: E402
from filled.people import EMAIL, PASSWORD, make_people  # noqa: E402
from filled.size import SIZES  # noqa: E402
from filled.work import make_imports, make_index  # noqa: E402
from pipelines_portal.accounts.models import User  # noqa: E402
from pipelines_portal.saved_keys.gate import budget  # noqa: E402
from pipelines_portal.saved_keys.models import SavedKey  # noqa: E402


def fill(name: str, key: str) -> User:
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    person = User.objects.filter(email=EMAIL).first()
    if person is None:
        with transaction.atomic():
            person = make_people(SIZES[name], key)
            for make in (make_ledger, make_imports, make_index):
                make(SIZES[name], person)
    first = SavedKey.objects.filter(owner=person).earliest("pk")
    first.seal(key)
    first.save()
    return person


def ask(browser: Client, address: str) -> tuple[float, int, int]:
    """Milliseconds, status, bytes. Calls are counted anew: the key's own limit is not what is measured."""
    budget.forget_counts()
    gc.collect()
    gc.disable()
    started = time.perf_counter()
    response = browser.get(address, HTTP_HOST="localhost")
    size = len(b"".join(response))
    taken = (time.perf_counter() - started) * 1000
    gc.enable()
    return taken, response.status_code, size


def signed_in() -> Client:
    browser = Client()
    form = {"username": EMAIL, "password": PASSWORD}
    assert browser.post("/sign-in/", form, HTTP_HOST="localhost").status_code == 302
    return browser


def answer(browser: Client, asked: dict[str, Any]) -> dict[str, Any]:
    address = asked["address"]
    if "count" in asked:
        ask(browser, address)
        with CaptureQueriesContext(connection) as captured:
            _, status, size = ask(browser, address)
        texts = [query["sql"] for query in captured if query["sql"] not in ("BEGIN", "COMMIT")]
        return {"queries": texts, "status": status, "bytes": size}
    return {"ms": ask(browser, address)[0]}


def answer_or_fault(browser: Client, asked: dict[str, Any]) -> dict[str, Any]:
    try:
        return answer(browser, asked)
    except Exception as fault:
        traceback.print_exc()
        return {"ms": 0.0, "queries": [], "status": repr(fault), "bytes": 0}


def main(name: str, key: str) -> None:
    answers = sys.stdout
    sys.stdout = sys.stderr
    person = fill(name, key)
    browsers = {True: signed_in(), False: Client()}
    print(json.dumps(addresses_for(person)), file=answers, flush=True)
    gc.freeze()
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(answer_or_fault(browsers[asked.get("signed_in", True)], asked)), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
