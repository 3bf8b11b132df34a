"""Plausible values for the fields of the demo's tasks."""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines_portal.external_api.workflows.field_types import Field

SENTENCES = [
    "Your parcel has left our warehouse and arrives on Thursday.",
    "Please keep your ticket until the end of the journey.",
    "The warranty covers two years from the day of purchase.",
    "Press and hold the button for three seconds to reset the device.",
    "We could not charge your card. Please check the expiry date.",
    "The museum is closed on Mondays and on public holidays.",
    "Shake well before opening and keep refrigerated afterwards.",
    "Sample 14 turned cloudy after forty minutes at room temperature.",
    "I stopped using the service because nobody answered my questions.",
    "Either party may end this agreement with three months' notice.",
]
WORDS = ["Delivery notice", "Return label", "Order 48213", "Window seat", "Refund", "Meter reading", "Spare part"]
START = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


def row_for(fields: Sequence[Field], dice: random.Random) -> dict[str, Any]:
    """Return the values of one task. Most optional fields are filled in."""
    wanted = [field for field in fields if field["required"] or dice.random() < 0.7]
    return {field["name"]: VALUES[field["type"]](field, dice) for field in wanted}


def _number(field: Field, dice: random.Random) -> float:
    return round(dice.uniform(field.get("min", 0), min(field.get("max", 500), 500)), 2)


def _time(field: Field, dice: random.Random) -> str:
    return (START + timedelta(minutes=dice.randrange(300_000))).strftime("%Y-%m-%dT%H:%M:%SZ")


VALUES: dict[str, Callable[[Field, random.Random], Any]] = {
    "short_text": lambda field, dice: dice.choice(WORDS),
    "long_text": lambda field, dice: " ".join(dice.sample(SENTENCES, dice.randint(1, 3))),
    "code": lambda field, dice: "TypeError: total is not a number\n    at checkout.js:118",
    "boolean": lambda field, dice: dice.random() < 0.6,
    "numeric": _number,
    "datetime": _time,
    "select": lambda field, dice: dice.choice(field["options"]),
    "rating": lambda field, dice: dice.randint(field["min"], field["max"]),
    "ranking": lambda field, dice: dice.sample(field["options"], len(field["options"])),
    "pairwise": lambda field, dice: "\n\n".join(dice.sample(SENTENCES, 2)),
    "criteria": lambda field, dice: "Polite\nAnswers the question\nNames the next step",
    "file_upload": lambda field, dice: f"{field['name']}-{dice.randint(1000, 9999)}.pdf",
}
