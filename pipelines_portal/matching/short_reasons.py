"""What is wrong with a cell, in the two or three words that fit into it."""

import re

from pipelines_portal.api_client import Field
from pipelines_portal.matching import texts
from pipelines_portal.matching.notation import NUMBERS
from pipelines_portal.values.dates import timestamp_text
from pipelines_portal.values.numbers import number_readings, number_text, plain_number, suggest_decimal
from pipelines_portal.workflows.fields.dates import timestamp_in
from pipelines_portal.workflows.fields.numbers import NO_NUMBER, bounds
from pipelines_portal.workflows.fields.rankings import items_of


def short_reason(known: Field, text: str, messages: list[str]) -> str:
    """Return what is wrong in two or three words. The sentence is elsewhere."""
    if not messages:
        return ""
    if not text.strip():
        return "Required"
    if messages[0].endswith(NO_NUMBER):
        return texts.NOT_A_NUMBER
    # Rows that an earlier version checked have the first of these words.
    if any(word in messages[0] for word in ("must", "isn’t", "needs")) and (words := _words_of_type(known)):
        return words
    if words := _two_meanings(messages[0], text):
        return words
    message = messages[0].removeprefix(known.label).strip()
    message = next((short for short in (texts.CAME_TWICE, texts.NEVER_CAME) if message.startswith(short)), message)
    return message[:1].upper() + message[1:]


def _two_meanings(message: str, text: str) -> str:
    if message.endswith(texts.PERCENTAGE):
        return _two_numbers(text)
    if message.endswith((texts.TWO_NUMBERS, texts.TWO_TYPED)):
        numbers = sorted(map(plain_number, number_readings(text)), key=len, reverse=True)
        return texts.TWO_MEANINGS.format(first=numbers[0], second=numbers[1]) if len(numbers) == 2 else ""
    return _two_days(text) if message.endswith((texts.TWO_DAYS, texts.TWO_TYPED_DAYS)) else ""


def _two_days(text: str) -> str:
    """Return both meanings of a date: "5 Mar or 3 May?"."""
    days = [timestamp_in(timestamp_text(text, is_day_first, "UTC")) for is_day_first in (True, False)]
    first, second = (f"{day.day} {day:%b}" if day else "" for day in days)
    return texts.TWO_MEANINGS.format(first=first, second=second) if first and second else ""


def _two_numbers(text: str) -> str:
    """Return both meanings of a percentage: "12 or 0.12?"."""
    decimal = suggest_decimal([text]) or "."
    without_sign = re.sub("[%٪％]", "", text)
    return texts.TWO_MEANINGS.format(first=number_text(without_sign, decimal), second=number_text(text, decimal))


def _words_of_type(known: Field) -> str:
    if known.type in NUMBERS:
        low, high = bounds(known.format_hint)
        return texts.NOT_A_NUMBER if low is None or high is None else f"Use {low:g} to {high:g}"
    is_ranking = known.type == "ranking" and items_of(known)
    words = {"select": texts.NOT_AN_OPTION, "boolean": texts.NOT_AN_OPTION, "datetime": "Not a date"}
    return "Not all items" if is_ranking else words.get(known.type, "")
