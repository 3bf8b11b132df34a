"""The orders of the demo: what four people and another program created in 14 working days, and how far it is.

The same seed gives the same orders. Only their times follow the start of the demo.
"""

import csv
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

ORDER_ENTRY, RECEIPT_MATCHING = 40, 59
SEED = 20261130
MARIA, BEN, LENA, TOM = "demo@example.com", "operator@example.com", "lena@example.com", "tom@example.com"
ELSEWHERE = ""
FIRST_NUMBER = 103178
WORKING_DAYS = 14
NOVEMBER, NOVEMBER_AT = "orders-november.csv", time(16, 58)
# In the file, many orders from this country fail after the first step: most at once, the last ones today.
FAILING, FAILING_COUNT, FAILING_TODAY = "TR", 121, 3
# Of all other orders, so many come from there. They do not fail.
USUAL_SHARE = 0.02
# Orders by phone that fail after the third step: some of three grids, and two that were typed in the form.
PHONE_IN_GRIDS = (2, 2, 1)
# In the file, so many orders are far larger than usual.
LARGE_COUNT = 11
# Half of the tasks take less than so many minutes at each step.
STEP_MINUTES = (30, 25, 20, 5)
# A task that was created this many seconds ago has begun.
BEGINS_AFTER = 240
VAT = {"AT": 1.20, "CH": 1.081, "DE": 1.19, "FR": 1.20, "IT": 1.22, "NL": 1.21, "PL": 1.23, "TR": 1.20}
NOTES = (
    "Delivery to the back gate",
    "Call before delivery: +43 1 234 56 78",
    "Partial delivery is fine",
    "Bitte an der Rückseite anliefern, Rampe 3",
    "Replaces the order of last week, which was cancelled",
    "The customer asks for a delivery note in two copies",
)


@dataclass(frozen=True)
class Send:
    """Orders that were created by one request. Without a sender, another program created them."""

    at: datetime
    sender: str
    kind: str
    count: int
    file_name: str = ""


@dataclass(frozen=True)
class Progress:
    """How far a task is: its status, the finished steps, the seconds that each of them took, and its last change."""

    status: str
    updated_at: datetime
    step_seconds: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Order:
    """One order of a request, numbered from 0."""

    send: int
    fields: dict[str, Any]
    progress: Progress


@cache
def customers() -> list[dict[str, str]]:
    with Path(__file__).with_name("customers.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def plan_sends(start: datetime) -> list[Send]:
    """Return all requests up to the start of the demo, oldest first: 900 orders of four people, 340 of others."""
    dice = random.Random(SEED)  # noqa: S311 - not for security
    days = working_days(start)
    friday = last_friday(start)
    sends = [Send(datetime.combine(friday, NOVEMBER_AT, start.tzinfo), BEN, "import", 400, NOVEMBER)]
    for number, day in enumerate(days):

        def at(day: datetime = day) -> datetime:
            return time_on(day, start, dice)

        sends.append(Send(at(), LENA, "grid", 20))
        sends += [Send(at(), MARIA, "form", 1) for _ in range(5 if number < 4 else 4)]
        sends += [Send(at(), TOM, "form", 1) for _ in range(2 if number < 6 else 1)]
        if number % 3 == 1:
            sends.append(Send(at(), BEN, "grid", 16))
        if number % 5 == 2:
            sends.append(Send(at(), TOM, "grid", 20))
        sends += [Send(at(), ELSEWHERE, "", 1) for _ in range(24)]
    # A few at the weekend, by the other program alone.
    saturday = friday + timedelta(days=1)
    last = min(start, datetime.combine(saturday, time(18), start.tzinfo))
    sends += [Send(last - timedelta(minutes=20 * number), ELSEWHERE, "", 1) for number in range(1, 5)]
    return sorted(sends, key=lambda send: send.at)


def time_on(day: datetime, start: datetime, dice: random.Random) -> datetime:
    """Return a time at which people work on that day. On the day of the start, it is shortly before the start."""
    if day.date() == start.date():
        return start - timedelta(minutes=dice.randint(4, 130))
    return day + timedelta(minutes=dice.randint(7 * 60 + 10, 17 * 60))


def last_friday(start: datetime) -> datetime:
    return max(day for day in working_days(start) if day.weekday() == 4 and day.date() < start.date())


def working_days(start: datetime) -> list[datetime]:
    """Return the midnights of the last working days, oldest first. The last one is the day of the start."""
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    earlier = (midnight - timedelta(days=number) for number in range(1, 40))
    return [*reversed([day for day in earlier if day.weekday() < 5][: WORKING_DAYS - 1]), midnight]


def build_orders(sends: list[Send], start: datetime) -> Iterator[Order]:
    """Yield the orders of the requests, in their order."""
    dice = random.Random(SEED)  # noqa: S311 - not for security
    number, by_phone = FIRST_NUMBER, _failing_by_phone(sends, start)
    for place, send in enumerate(sends):
        failing = _failing_rows(send, dice)
        large = dice.sample(range(send.count), LARGE_COUNT) if send.file_name == NOVEMBER else []
        for row in range(send.count):
            fields = order_fields(number, send.at, dice, 1 if row in failing else USUAL_SHARE)
            if row in large:
                _make_large(fields, dice)
            if row in failing:
                progress = _failed_order(send.at, start, dice, failing[row])
            elif (place, row) in by_phone:
                fields["channel"] = "Phone"
                progress = stopped("failed", send.at, by_phone[place, row], 3, dice)
            else:
                progress = progress_by(start, send.at, STEP_MINUTES, dice)
            yield Order(place, fields, progress)
            number += 1


def _failing_rows(send: Send, dice: random.Random) -> dict[int, str]:
    if send.file_name != NOVEMBER:
        return {}
    rows = sorted(dice.sample(range(send.count), FAILING_COUNT))
    return dict.fromkeys(rows, "at once") | dict.fromkeys(dice.sample(rows, FAILING_TODAY), "today")


def _failing_by_phone(sends: list[Send], start: datetime) -> dict[tuple[int, int], datetime]:
    """Return which orders fail, by their send and row, and when. The last one fails half an hour before the start."""
    tuesday = last_friday(start) - timedelta(days=3)
    of_week = [(place, send) for place, send in enumerate(sends) if tuesday < send.at < start - timedelta(hours=1)]
    grids = [(place, send) for place, send in of_week if send.kind == "grid"]
    forms = [(place, send) for place, send in of_week if send.kind == "form"]
    chosen = [(grid, row) for grid, count in zip(grids[::2], PHONE_IN_GRIDS, strict=False) for row in range(count)]
    chosen += [(form, 0) for form in (forms[len(forms) // 2], forms[-1])]
    last = start - timedelta(minutes=32)
    ends = {(place, row): min(send.at + timedelta(minutes=70 + 9 * row), last) for (place, send), row in chosen}
    return ends | {(forms[-1][0], 0): last}


def order_fields(number: int, at: datetime, dice: random.Random, failing_share: float = USUAL_SHARE) -> dict[str, Any]:
    """Return the values of an order that was typed at this time. `failing_share`: of the orders of that country."""
    is_failing = dice.random() < failing_share
    customer = dice.choice([one for one in customers() if (one["country"] == FAILING) == is_failing])
    received = at - timedelta(minutes=dice.randint(5, 180))
    net = round(min(dice.lognormvariate(6.3, 1.1), 20_000), 2)
    priority = dice.choices((1, 2, 3, 4, 5), (1, 4, 12, 4, 1))[0]
    fields = {
        "order_number": f"A-{number}",
        "customer": customer["code"],
        "customer_name": customer["name"],
        "country": customer["country"],
        "received_at": f"{(received - (received.utcoffset() or timedelta())):%Y-%m-%dT%H:%M:00Z}",
        "channel": dice.choices(("Email", "Chat", "Phone", "Web form"), (11, 3, 2, 4))[0],
        "net": net,
        "gross": round(net * VAT[customer["country"]], 2),
        "priority": priority,
    }
    if dice.random() < 0.7:
        fields["invoice_number"] = f"R{at.year}-{number - 95_600:05}"
    if priority == 5 or dice.random() < 0.15:
        fields["notes"] = dice.choice(NOTES)
    return fields


def _make_large(fields: dict[str, Any], dice: random.Random) -> None:
    fields["net"] = round(dice.uniform(26_000, 48_000), 2)
    fields["gross"] = round(fields["net"] * VAT[fields["country"]], 2)


def progress_by(start: datetime, at: datetime, minutes: Sequence[int], dice: random.Random) -> Progress:
    """Return how far a task that nothing stopped has come by the start. `minutes`: what its steps usually take."""
    steps = [int(60 * each * dice.lognormvariate(0, 0.45)) for each in minutes]
    age = int((start - at).total_seconds())
    done = [seconds for place, seconds in enumerate(steps) if sum(steps[: place + 1]) <= age]
    status = "finished" if len(done) == len(steps) else "in_progress" if done or age > BEGINS_AFTER else "pending"
    return Progress(status, at + timedelta(seconds=sum(done)), done)


def stopped(status: str, at: datetime, ended_at: datetime, done: int, dice: random.Random) -> Progress:
    """Return the progress of a task that stopped at that time, after so many steps."""
    shares = [dice.uniform(0.5, 1) for _ in range(done)]
    seconds = (ended_at - at).total_seconds() * 0.8
    return Progress(status, ended_at, [int(seconds * share / sum(shares)) for share in shares])


def _failed_order(at: datetime, start: datetime, dice: random.Random, when: str) -> Progress:
    ended_at = at + timedelta(minutes=dice.uniform(4, 19))
    if when == "today":
        ended_at = start - timedelta(minutes=dice.uniform(10, 50))
    return stopped("failed", at, ended_at, 1, dice)


RECEIPTS, RECEIPTS_AT = 93, time(15, 20)
SHOPS = ("Taxi Graz", "ÖBB", "Hotel Sacher", "Bäckerei Öztürk", "Café Français", "Shell Tankstelle", "Büro-Discount")


def receipts_sent_at(start: datetime) -> datetime:
    return datetime.combine(last_friday(start), RECEIPTS_AT, start.tzinfo)


def build_receipts(start: datetime) -> Iterator[tuple[dict[str, Any], Progress]]:
    """Yield the receipts of an archive: they became tasks, but the answer to its sender was lost."""
    dice = random.Random(SEED)  # noqa: S311 - not for security
    sent_at = receipts_sent_at(start)
    for number in range(1, RECEIPTS + 1):
        fields = {
            "receipt": f"receipt-{number:03}.jpg",
            "expected_total": round(dice.lognormvariate(3.6, 0.8), 2),
            "note": dice.choice(SHOPS),
        }
        seconds = [int(dice.uniform(60, 3000)) for _ in range(4)]
        yield fields, Progress("finished", sent_at + timedelta(seconds=sum(seconds)), seconds)
