"""Orders that nobody has sent yet, made of those that were sent."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines_portal.api_client import Schema
from pipelines_portal.spreadsheets.writing import xlsx_file

Fields = dict[str, Any]
# What can be wrong with an order: a field, and a text that its workflow refuses.
ERRORS = (
    ("country", "Austria"),
    ("gross", "12o.50"),
    ("country", "Austria"),
    ("received_at", "31.02.2026 09:00"),
    ("country", "Austria"),
    ("priority", "7"),
    ("country", "Austria"),
    ("channel", "Fax"),
)
# A rule warns of larger orders, and of those that were received longer ago.
LARGE, OLD_DAYS = 25_000, 30
# Many orders from this country failed.
FAILING = "TR"


def new_orders(sent: Sequence[Fields], first_number: int, count: int, now: datetime) -> list[Fields]:
    """Return orders with new numbers, received in the last hours. Their other values are those of orders sent.

    None is from the country whose orders fail.
    """
    usual = [fields for fields in sent if fields["gross"] <= LARGE and fields["country"] != FAILING]
    chosen = [usual[(17 * place + first_number) % len(usual)] for place in range(count)]
    times = (now.astimezone(UTC) - timedelta(minutes=7 + place % 170) for place in range(count))
    return [
        {name: value for name, value in fields.items() if name != "invoice_number"}
        | {"order_number": f"A-{first_number + place}", "received_at": f"{at:%Y-%m-%dT%H:%M:00Z}"}
        for place, (fields, at) in enumerate(zip(chosen, times, strict=True))
    ]


def with_errors(orders: list[Fields], count: int) -> list[Fields]:
    """Return the orders, so many of them with an error, spread evenly."""
    step = len(orders) // count
    for number in range(count):
        name, text = ERRORS[number % len(ERRORS)]
        orders[number * step + step // 2][name] = text
    return orders


def make_large(order: Fields, gross: float) -> None:
    order["net"], order["gross"] = round(gross / 1.2, 2), gross


def make_old(order: Fields, days: int) -> None:
    received = datetime.fromisoformat(order["received_at"]) - timedelta(days=OLD_DAYS + days)
    order["received_at"] = f"{received:%Y-%m-%dT%H:%M:00Z}"


def with_warnings(orders: list[Fields], large: int, old: int) -> list[Fields]:
    """Return the orders, the last of them received long ago, and others with a large amount, spread evenly."""
    step = len(orders) // (large + old)
    for number, order in enumerate(orders[::step][: large + old]):
        if number < large:
            make_large(order, 25_100.0 + 97 * number)
        else:
            make_old(order, 1 + number - large)
    return orders


def as_csv(schema: Schema, orders: list[Fields]) -> bytes:
    """Return a file as a spreadsheet saves it, with the titles of the fields above."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(field.label for field in schema.fields)
    writer.writerows([order.get(field.name, "") for field in schema.fields] for order in orders)
    return text.getvalue().encode()


def as_xlsx(schema: Schema, orders: list[Fields]) -> bytes:
    rows = ([order.get(field.name) for field in schema.fields] for order in orders)
    with xlsx_file([field.label for field in schema.fields], rows) as file:
        return file.read()
