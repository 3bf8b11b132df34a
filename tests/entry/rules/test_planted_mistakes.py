"""What the rules of the demo stop or warn of in a file of orders, some with a mistake, and how many right ones.

`-rP` prints the figures by kind. Four kinds of mistakes look like another right order, in part, and no rule can see
them. This was decided before the first run:

- Two digits swapped in the order number give a number of the same shape. It is seen only if that number is used.
- Two digits swapped in a customer's code may give the code of another customer.
- A gross that is ten times too large may still be below the limit, and no rule compares it with a multiple of the net.
- Day and month swapped may give another day of the last 30 days.

If a mistake took the number of a right row, either of the two is stopped: the person sees both.
"""

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Schema
from pipelines_portal.demo.customers import customer_lines
from pipelines_portal.demo.orders import LARGE, OLD_DAYS, as_csv
from pipelines_portal.demo.replay import clock_at
from pipelines_portal.demo.story import ORDER_ENTRY, RULES
from pipelines_portal.entry.imports.jobs import work_on_next
from pipelines_portal.entry.imports.reading import start_import
from pipelines_portal.entry.lists.stored import add_list
from pipelines_portal.entry.models import Sheet
from pipelines_portal.entry.models.sheet import UNDO_FOR
from pipelines_portal.entry.rules.stored import add_rule
from pipelines_portal.external_api.demo.orders import customers, order_fields
from pipelines_portal.keys.clients import client_for
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.used_values import record_earlier
from pipelines_portal.workflows.fields.rule_kinds import Kind
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.rules.judge import Rule
from tests import samples
from tests.conftest import ACME
from tests.external_api.server import PROJECT
from tests.factories import open_workflow
from tests.fake_api import FakeApi

NOW = datetime(2026, 11, 30, 9, 12, tzinfo=UTC)
SEED, FIRST_SENT, FIRST_NUMBER, SENT = 17, 110_000, 120_000, 100
LEAST_SEEN, MOST_FALSE = 0.95, 0.005
Fields = dict[str, Any]


@dataclass
class Book:
    """What a mistake is made with, and whether a rule can see it."""

    dice: random.Random
    codes: set[str]
    sent: list[str]
    used: set[str]

    def swap(self, text: str) -> str:
        """Swap two neighbouring digits that differ."""
        pairs = zip(text, text[1:], strict=False)
        places = [at for at, (one, other) in enumerate(pairs) if one != other and (one + other).isdigit()]
        if not places:
            return text
        at = self.dice.choice(places)
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def lose_digit(row: Fields, book: Book) -> bool:
    at = book.dice.randrange(2, 8)
    row["order_number"] = row["order_number"][:at] + row["order_number"][at + 1 :]
    return True


def swap_in_number(row: Fields, book: Book) -> bool:
    row["order_number"] = book.swap(row["order_number"])
    return row["order_number"] in book.used


def swap_in_customer(row: Fields, book: Book) -> bool:
    row["customer"] = book.swap(row["customer"])
    return row["customer"] not in book.codes


def mistake_prefix(row: Fields, book: Book) -> bool:
    row["order_number"] = book.dice.choice(("B-", "a-", "A", "R-", "")) + row["order_number"][2:]
    return True


def enlarge_net(row: Fields, book: Book) -> bool:
    row["net"] = round(row["net"] * book.dice.choice((10, 100)), 2)
    return True


def enlarge_gross(row: Fields, book: Book) -> bool:
    row["gross"] = round(row["gross"] * book.dice.choice((10, 100)), 2)
    return bool(row["gross"] > LARGE)


def exchange_amounts(row: Fields, book: Book) -> bool:
    row["net"], row["gross"] = row["gross"], row["net"]
    return True


def move(row: Fields, received: datetime) -> bool:
    row["received_at"] = f"{received:%Y-%m-%dT%H:%M:00Z}"
    return not NOW - timedelta(days=OLD_DAYS) <= received <= NOW


def received_later(row: Fields, book: Book) -> bool:
    return move(row, NOW + timedelta(hours=book.dice.uniform(1, 2_000)))


def mistake_year(row: Fields, book: Book) -> bool:
    received = datetime.fromisoformat(row["received_at"])
    return move(row, received.replace(year=received.year + book.dice.choice((-1, 1))))


def swap_day_and_month(row: Fields, book: Book) -> bool:
    received = datetime.fromisoformat(row["received_at"])
    day = book.dice.choice([2, 3, 4, 5, 6, 7, 8, 9, 10, 12])
    return move(row, received.replace(day=received.month, month=day))


def mistake_customer(row: Fields, book: Book) -> bool:
    row["customer"] = str(book.dice.randrange(20_000, 100_000))
    return True


def use_again(row: Fields, book: Book) -> bool:
    row["order_number"] = book.dice.choice(book.sent if book.dice.random() < 0.5 else sorted(book.used))
    return True


def forget_note(row: Fields, book: Book) -> bool:
    row["priority"], row["notes"] = 5, ""
    return True


MISTAKES: dict[str, Callable[[Fields, Book], bool]] = {
    "digit missing in the order number": lose_digit,
    "digits swapped in the order number": swap_in_number,
    "digits swapped in the customer": swap_in_customer,
    "wrong prefix": mistake_prefix,
    "net 10 or 100 times too large": enlarge_net,
    "gross 10 or 100 times too large": enlarge_gross,
    "net above gross": exchange_amounts,
    "received in the future": received_later,
    "received in another year": mistake_year,
    "day and month swapped": swap_day_and_month,
    "unknown customer": mistake_customer,
    "number used before": use_again,
    "note missing at priority 5": forget_note,
}


@dataclass
class Planted:
    fields: Fields
    kind: str = ""
    is_visible: bool = False


@pytest.mark.parametrize(("clean", "of_each"), [(400, 8), pytest.param(5_000, 100, marks=pytest.mark.full)])
def test_rules_see_mistakes_and_let_right_rows_pass(
    saved_key: SavedKey, before_api: FakeApi, clean: int, of_each: int
) -> None:
    known = json.loads((PROJECT / "pipelines_portal/external_api/demo/organizations.json").read_text())
    (fields,) = (
        each["fields"] for one in known["organizations"] for each in one["workflows"] if each["id"] == ORDER_ENTRY
    )
    before_api.load(samples.organization(ACME, samples.workflow(ORDER_ENTRY, "Order entry", fields=fields)))
    workflow, lead = open_workflow(saved_key, ORDER_ENTRY, name="Order entry"), saved_key.owner
    schema = client_for(saved_key).schema(ORDER_ENTRY)
    dice = random.Random(SEED)
    with clock_at(NOW - timedelta(days=1)):
        codes = write_rules(workflow, schema, lead)
    with clock_at(NOW - timedelta(hours=1)):
        record_earlier()
        sent = orders(FIRST_SENT, SENT, dice)
        send(import_rows(workflow, schema, lead, sent))
    rows = plant(
        orders(FIRST_NUMBER, clean + of_each * len(MISTAKES), dice), of_each, Book(dice, codes, numbers(sent), set())
    )
    with clock_at(NOW):
        sheet = import_rows(workflow, schema, lead, [row.fields for row in rows])
    statuses = dict(sheet.rows.values_list("number", "status"))
    seen = [statuses[number] in ("to_fix", "to_look") for number in range(2, len(rows) + 2)]
    assert len(statuses) == len(rows) and set(statuses.values()) == {"ready", "to_fix", "to_look"}
    judge(rows, seen)


def write_rules(workflow: OpenedWorkflow, schema: Schema, lead: User) -> set[str]:
    """Add the nine rules of the demo, with the list of customers. Return its codes."""
    for rule in RULES:
        add_rule(workflow, rule, schema, lead)
    lines = customer_lines(
        [{"customer": c["code"], "customer_name": c["name"], "country": c["country"]} for c in customers()]
    )
    codes = add_list(workflow.key, "Customers", lines, 0, 1, lead)
    add_rule(workflow, Rule(0, 1, Kind.ONE_OF, "customer", {}, codes=codes), schema, lead)
    return set(codes.entries.values_list("code", flat=True))


def orders(first: int, count: int, dice: random.Random) -> list[Fields]:
    """Return orders that were typed in the last 28 days."""
    times = [NOW - timedelta(days=dice.uniform(0, 28)) for _ in range(count)]
    return [order_fields(first + place, at, dice, 0.1) for place, at in enumerate(times)]


def numbers(rows: list[Fields]) -> list[str]:
    return [row["order_number"] for row in rows]


def plant(rows: list[Fields], of_each: int, book: Book) -> list[Planted]:
    """Return the rows in another order, so many of them with a mistake of each kind."""
    book.dice.shuffle(rows)
    book.used = {*numbers(rows[of_each * len(MISTAKES) :])}
    planted = [Planted(row) for row in rows]
    for place, (kind, mistake) in enumerate(MISTAKES.items()):
        for each in planted[place * of_each : (place + 1) * of_each]:
            before = dict(each.fields)
            each.kind, each.is_visible = kind, mistake(each.fields, book)
            assert each.fields != before, kind
    book.dice.shuffle(planted)
    return planted


def import_rows(workflow: OpenedWorkflow, schema: Schema, person: User, rows: list[Fields]) -> Sheet:
    """Import a file, and let the worker read and check it."""
    sheet = start_import(person, workflow, ContentFile(as_csv(schema, rows)), "orders.csv", uuid4())
    while work_on_next():
        pass
    sheet.refresh_from_db()
    return sheet


def send(sheet: Sheet) -> None:
    assert sheet.start_sending(sheet.owner, SENT)
    with clock_at(NOW - timedelta(hours=1) + UNDO_FOR + timedelta(seconds=1)):
        while work_on_next():
            pass
    assert sheet.rows.filter(status="created").count() == SENT


def judge(rows: list[Planted], seen: list[bool]) -> None:
    """Compare what was stopped or warned of with what was planted."""
    taken = Counter(numbers([row.fields for row in rows if row.kind]))
    found, hidden, lost = Counter[str](), Counter[str](), Counter[str]()
    right = [(row, is_seen) for row, is_seen in zip(rows, seen, strict=True) if not row.kind]
    named = {row.fields["order_number"] for row, is_seen in right if is_seen and taken[row.fields["order_number"]]}
    for row, is_seen in zip(rows, seen, strict=True):
        if row.kind:
            is_found = is_seen or row.fields["order_number"] in named
            (found if is_found else lost if row.is_visible else hidden)[row.kind] += 1
    false = sum(is_seen and not taken[row.fields["order_number"]] for row, is_seen in right)
    for kind in MISTAKES:
        print(f"{kind}: {found[kind]} found, {lost[kind]} missed, {hidden[kind]} that no rule can see")
    print(f"Of {len(right):,} right rows: {false} stopped or warned of, {len(named)} share a number with a mistake")
    assert found.total() >= LEAST_SEEN * (found.total() + lost.total())
    assert false <= MOST_FALSE * len(right)
