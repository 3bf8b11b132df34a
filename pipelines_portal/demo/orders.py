"""Orders that nobody has sent yet, made of those that were sent."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines_portal.api_client import Schema

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


def new_orders(sent: Sequence[Fields], first_number: int, count: int, now: datetime) -> list[Fields]:
    """Return orders with new numbers, received in the last hours. Their other values are those of orders sent."""
    chosen = [sent[(17 * place + first_number) % len(sent)] for place in range(count)]
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


def as_csv(schema: Schema, orders: list[Fields]) -> bytes:
    """Return a file as a spreadsheet saves it, with the titles of the fields above."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(field.label for field in schema.fields)
    writer.writerows([order.get(field.name, "") for field in schema.fields] for order in orders)
    return text.getvalue().encode()
