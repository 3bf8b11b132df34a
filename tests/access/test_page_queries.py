"""The number of queries of every page in a large company, which the command of the benches fills."""

import sys
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.access.table import ACCESS, NOBODY
from tests.fake_api import FakeApi

sys.path.append(str(Path(__file__).resolve().parents[2] / "bench"))

from filling.addresses import PAGES, SIGNED_OUT, addresses_for
from filling.company import make_company
from filling.size import Size

__all__ = ["addresses_for", "make_company"]
MOST = 8
# Pages that gather many small things, each with its plain number. The session is one of them.
# sheets:page of typed rows has the rows with their tasks, errors, duplicates, undo and redo, and pins, presets and
# notes. Beside a filter or a page, it has the ready rows of all pages.
# sheets:progress shows all rows of an import with their tasks, submissions:list adds up the batches of each import,
# and asks for its state; everyone’s submissions are read in two parts. Two queries count tasks that need attention.
# uploads:result has what it shows of an import without one of its own: rows, their tasks, filters and the bar.
# A search in tasks:list and overview:palette has the titles of the fields in which it found something; the palette
# also has views.
# tasks:detail looks among the person's other keys for who sent a task.
GATHERING = {
    "overview:home": 24, "overview:detail": 13, "keys:detail": 10, "sheets:page": 16, "sheets:progress": 14,
    "new_task:create": 7, "overview:palette": 13, "search:search": 11, "submissions:list": 18,
    "submissions:detail": 9, "tasks:list": 13, "sheets:page of typed rows": 22, "sheets:created": 18, "tasks:detail": 9,
    "uploads:result": 9, "system:page": 12, "system:support_report": 19,
}  # fmt: skip
TRANSACTION = ("BEGIN", "SAVEPOINT", "RELEASE")
# More of everything than a page shows.
MEDIUM = Size(
    people=120, teams=60, keys=30, workflows=60, submissions=400, batches=2, batch_rows=160, events=120,
    notifications=110, drafts=10, presets=30, exports=12, invitations=20, indexed_tasks=320, open_tasks=60,
    imports=60, import_rows=320, import_requests=4,
)  # fmt: skip
# Two are other URLs of a page. The others need single sign-on, a password or a code, or redirect to a page.
LEFT_OUT = {
    "account_login", "mfa_authenticate", "accounts:idp_callback", "accounts:two_step",
    "accounts:two_step_remove", "notifications:open",
}  # fmt: skip


def test_every_page_is_opened() -> None:
    assert {*PAGES, *SIGNED_OUT} == {name for name, row in ACCESS.items() if row.get != NOBODY} - LEFT_OUT


@pytest.mark.full
@pytest.mark.sqlite
def test_no_page_takes_more_than_its_budget(before_api: FakeApi, org_key: str, db: None) -> None:
    before_api.create()
    person = make_company(MEDIUM, org_key)
    signed_in = Client()
    signed_in.force_login(person)
    found = {
        name: ask(signed_in if one["signed_in"] else Client(), one["address"], budget_of(name))
        for name, one in addresses_for(person).items()
    }
    assert {name: status for name, (status, _) in found.items() if status not in (200, 302, 410)} == {}
    assert {name: count for name, (_, count) in found.items() if count > budget_of(name)} == {}


def budget_of(name: str) -> int:
    """Return the most queries of a page; `name` may say which of its addresses it is."""
    return GATHERING.get(name.partition(" ?")[0], MOST)


def ask(browser: Client, address: str, most: int) -> tuple[int, int]:
    """The status of a page, and how many queries it takes: the fewest of some tries, since a page sometimes records
    that somebody was there."""
    status, counts = 0, list[int]()
    while not counts or (counts[-1] > most and len(counts) < 5):
        with CaptureQueriesContext(connection) as captured:
            answer = browser.get(address)
            b"".join(answer)  # type: ignore[call-overload]
        status = answer.status_code
        counts.append(len([one for one in captured if not one["sql"].startswith(TRANSACTION)]))
    return status, min(counts)
