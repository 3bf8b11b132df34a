"""Every address that bench/pages.py asks takes at most eight queries in a large company."""

import sys
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pipelines_portal.accounts.models import User
from tests import samples
from tests.live import external_api

sys.path.append(str(Path(__file__).resolve().parents[2] / "bench"))

from filled.addresses import addresses_for
from filled.ledger import make_ledger
from filled.people import make_people
from filled.size import Size
from filled.work import make_imports, make_index

MOST = 8
# More of everything than a page shows.
MEDIUM = Size(
    people=120, teams=60, keys=30, workflows=60, singles=400, batches=2, batch_rows=160, words=400, events=120,
    news=110, drafts=10, presets=30, exports=12, invitations=20, tasks=320, open_tasks=60, imports=60, import_rows=320,
    requests=4,
)  # fmt: skip


def make_company(key: str) -> User:
    with transaction.atomic():
        person = make_people(MEDIUM, key)
        for make in (make_ledger, make_imports, make_index):
            make(MEDIUM, person)
    return person


def asked(browser: Client, address: str) -> tuple[int, int]:
    """Its status, and how many queries it takes: the fewest of some, since now and then a page writes who was seen."""
    status, counts = 0, list[int]()
    while len(counts) < 2 or (counts[-1] > MOST and len(counts) < 5):
        with CaptureQueriesContext(connection) as captured:
            answer = browser.get(address)
            b"".join(answer)  # type: ignore[call-overload]
        status = answer.status_code
        counts.append(len([one for one in captured if not one["sql"].startswith(("BEGIN", "SAVEPOINT", "RELEASE"))]))
    return status, min(counts)


def test_no_page_takes_more_than_eight(db: None, static_root: None, settings: Any, tmp_path: Path) -> None:
    with external_api(tmp_path / "api") as api:
        files = [samples.field("scan", "file_upload", required=True)]
        api.load(samples.organization("Acme", samples.workflow(42), samples.workflow(57, "Invoices", fields=files)))
        settings.PIPELINES_API_URL, key = api.url, api.new_key("Acme")
        task = {"fields": {"input_text": "Hello", "target_language": "French"}}
        api.server.post("/workflows/42/tasks", key=key, json={"tasks": [task]})
        person = make_company(key)
        signed_in = Client()
        signed_in.force_login(person)
        found = {
            name: asked(signed_in if one["signed_in"] else Client(), one["address"])
            for name, one in addresses_for(person).items()
        }
    assert {name: status for name, (status, _) in found.items() if status not in (200, 302, 410)} == {}
    assert {name: count for name, (_, count) in found.items() if count > MOST} == {}
