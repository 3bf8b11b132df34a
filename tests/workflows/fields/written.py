"""Texts as people type them, and what each of them means. Written by hand, from the API's reference and from sense.

It is a Tuesday, 1 December 2026, 10:15 in Vienna, where the person is. The person has chosen no formats.
"""

from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, NamedTuple

from tests import samples

ZONE = "Europe/Vienna"
NOW = datetime(2026, 12, 1, 9, 15, 30, tzinfo=UTC)


class Doubt(Enum):
    """What stands in place of a value: the text is wrong, it has two meanings, or there is none."""

    ERROR = "error"
    QUESTION = "question"
    EMPTY = "empty"


ERROR, QUESTION, EMPTY = Doubt.ERROR, Doubt.QUESTION, Doubt.EMPTY

LANGUAGES = ["French", "German", "Español", "US English"]
TOPICS = ["Billing", "Delivery", "Claims", "App"]
# The fields by name. A workflow of the API has them, and no field is required.
FIELDS: dict[str, dict[str, Any]] = {
    field["name"]: field
    for field in (
        samples.field("short"),
        samples.field("long", "long_text"),
        samples.field("source", "code"),
        samples.field("pair", "pairwise"),
        samples.field("criteria", "criteria"),
        samples.field("loudness", "audio_level"),
        samples.field("sure", "boolean"),
        samples.field("amount", "numeric"),
        samples.field("price", "numeric", min=0, max=100000),
        samples.field("least", "numeric", min=-5),
        samples.field("stars", "rating", min=1, max=5),
        samples.field("marks", "rating", min=0, max=100),
        samples.field("due", "datetime"),
        samples.field("language", "select", options=LANGUAGES),
        samples.field("topics", "ranking", options=TOPICS),
        samples.field("ranked", "ranking"),
    )
}

SAME_TEXTS = (
    "Hello", "  padded  ", "two  spaces", "007", "1.0", "1240,50", "1.240", "true", "null", "N/A", "2026-03-30", "12 %",
    "-", "=1+1", "'quoted", "Grüße 👋", "today", "1_0",
)  # fmt: skip
YES = (
    "true", "True", "TRUE", "yes", "Yes", "YES", "y", "Y", "1", "ja", "Ja", "wahr", "oui", "on", "x", "X", "✓", " yes ",
)  # fmt: skip
NO = ("false", "False", "FALSE", "no", "No", "n", "0", "nein", "Nein", "falsch", "non", "off", " no ")
DELIVERY_FIRST = ["Delivery", "Billing", "Claims", "App"]
MIDNIGHT, MORNING = "2026-03-29T22:00:00Z", "2026-03-30T08:15:00Z"
MEANINGS: dict[str, dict[str, Any]] = {
    "short": {text: text for text in SAME_TEXTS} | {"   ": EMPTY, "\u00a0": EMPTY},
    "long": {"two\nlines": "two\nlines", "one\n\nthree": "one\n\nthree", "Hello": "Hello", " \n ": EMPTY},
    "source": {text: text for text in ("x = 1", "    indent", "{}", "[1, 2]", "# c", "a\n    b", "<b>")},
    "pair": {"A": "A", "A > B": "A > B", '{"a": 1}': '{"a": 1}'},
    "criteria": {"good": "good", "3": "3", '{"a": 1}': '{"a": 1}'},
    "loudness": {
        "loud": "loud", "5": "5", "true": "true", '{"a": 1}': {"a": 1}, "[1, 2]": [1, 2], "{broken": "{broken",
        "1240.50": "1240.50", "  ": EMPTY,
    },
    "sure": {
        **dict.fromkeys(YES, True), **dict.fromkeys(NO, False),
        **dict.fromkeys(("maybe", "2", "-", "1.0", "10", "yes please", "yes/no"), ERROR), " ": EMPTY,
    },
    "amount": {
        "5": 5, " 7 ": 7, "0": 0, "007": 7, "-5": -5, "+5": 5, "\u22125": -5, "\u20135": -5, "(5)": -5, "5.5": 5.5,
        "5,5": 5.5, ".5": 0.5, ",5": 0.5, "5.": 5, "1240.50": 1240.5, "1240,50": 1240.5, "12.0": 12, "0.30": 0.3,
        "0,125": 0.125, "0.500": 0.5, "1.2345": 1.2345, "1234.567": 1234.567, "1000000.00": 1000000, "84.90": 84.9,
        "1.240": QUESTION, "1,240": QUESTION, "-1,240": QUESTION, "12.345": QUESTION, "1.240 €": QUESTION,
        "1.234,50": 1234.5, "1,234.50": 1234.5, "1.234.567": 1234567, "1,234,567": 1234567, "1 234": 1234,
        "1 234,5": 1234.5, "1\u00a0234,5": 1234.5, "1\u202f234,5": 1234.5, "1'234": 1234, "1'234.50": 1234.5,
        "1.234.567,89": 1234567.89, "12,34,567": 1234567,
        "€ 12": 12, "12 €": 12, "84,90 €": 84.9, "$1,234.00": 1234, "EUR 12": 12, "CHF 1'200.50": 1200.5, "3 EUR": 3,
        "-12,50 €": -12.5, "(1,240)": QUESTION, "1,240.0": 1240,
        "5,-": 5, "5,– €": 5, "1.000,- €": 1000, "1e3": 1000, "2.5e-3": 0.0025,
        "12 %": QUESTION, "12%": QUESTION, "0,5 %": QUESTION, "150 %": QUESTION,
        "123456789012345": 123456789012345, "1234567890123456": "1234567890123456",
        "12345678901234567890": "12345678901234567890", "0.1234567890123456": "0.1234567890123456",
        **dict.fromkeys((
            "four", "1_0", "0x5", "\u0663", "\uff17", "NaN", "inf", "1,2,3", "1..2", "--5", "5 kg", "1 23", "=5",
            "1e999", "½", "ca. 5", "5;6", "true", "-", "€", "2026-03-30",
        ), ERROR),
        "  ": EMPTY,
    },
    "price": {
        "0": 0, "84,90": 84.9, "84,90 €": 84.9, "1.240,50": 1240.5, "1,240.50": 1240.5, "100000": 100000,
        "100.000,00": 100000, "100'000": 100000, "1.240": QUESTION, "1,240": QUESTION, "50 %": QUESTION,
        "-1": ERROR, "(1)": ERROR, "100000.01": ERROR, "250.000,00": ERROR, "1e6": ERROR, "much": ERROR,
    },
    "least": {"-5": -5, "\u22124": -4, "-4,5": -4.5, "1e9": 1000000000, "-5,5": ERROR, "-6": ERROR, "(5,01)": ERROR},
    "stars": {
        "1": 1, "3": 3, " 4 ": 4, "5": 5, "3.0": 3, "3,0": 3, "04": 4, "+4": 4, "3 %": QUESTION, "1.000": QUESTION,
        **dict.fromkeys(("0", "6", "-1", "3.5", "3,5", "four", "4/5", "★★★", "10"), ERROR), " ": EMPTY,
    },
    "marks": {
        "0": 0, "50": 50, "50.0": 50, "1e1": 10, "100": 100, "50 %": QUESTION, "1.000": QUESTION,
        **dict.fromkeys(("101", "-1", "7,5", "0.5", "5_0", "\u0664", "B+"), ERROR),
    },
    "due": {
        **dict.fromkeys((
            "2026-03-30", " 2026-03-30 ", "30.3.2026", "30.03.2026", "30.3.26", "30/3/2026", "3/30/2026", "2026/03/30",
            "20260330", "30-03-2026", "30-Mar-2026", "30 Mar 2026", "30. Mar 2026", "Mar 30, 2026", "March 30, 2026",
            "30. März 2026", "30 march 2026",
        ), MIDNIGHT),
        **dict.fromkeys((
            "2026-03-30 10:15", "2026-03-30T10:15", "30.3.2026 10:15", "30.3.2026, 10:15", "30.3.2026 10:15 Uhr",
            "30/3/2026 10:15", "3/30/2026 10:15 am", "30 Mar 2026 10:15", "March 30, 2026 10:15 AM", "30.3.26 10:15",
            "30.3.2026 10.15", "20260330T1015",
        ), MORNING),
        "03.05.26": "2026-05-02T22:00:00Z", "3.5.2026": "2026-05-02T22:00:00Z", "03.04.2026": "2026-04-02T22:00:00Z",
        "3.5.2026 9:00": "2026-05-03T07:00:00Z", "5/5/2026": "2026-05-04T22:00:00Z",
        "30.3.2026 10:15:30": "2026-03-30T08:15:30Z", "2026-03-30 10:15:30": "2026-03-30T08:15:30Z",
        "30 Mar 2026 4pm": "2026-03-30T14:00:00Z", "2026-03-30T10:15:00Z": "2026-03-30T10:15:00Z",
        "2026-03-30T10:15:00+02:00": "2026-03-30T10:15:00+02:00",
        "3/5/2026": QUESTION, "03/04/26": QUESTION, "3-4-2026": QUESTION, "3/5/2026 9:00": QUESTION,
        "2026-10-25 02:30": QUESTION, "25.10.2026 2:30": QUESTION, "45000": QUESTION, "46001.5": QUESTION,
        "now": "2026-12-01T09:15:00Z", "jetzt": "2026-12-01T09:15:00Z", "today": "2026-11-30T23:00:00Z",
        "Heute": "2026-11-30T23:00:00Z", "yesterday": "2026-11-29T23:00:00Z", "yesterday 9:00": "2026-11-30T08:00:00Z",
        "gestern 9:00": "2026-11-30T08:00:00Z", "tomorrow 16:30": "2026-12-02T15:30:00Z",
        "morgen 9:00": "2026-12-02T08:00:00Z", "today 5pm": "2026-12-01T16:00:00Z", "17:30": "2026-12-01T16:30:00Z",
        "5pm": "2026-12-01T16:00:00Z", "8 Uhr": "2026-12-01T07:00:00Z", "30.3.2026 10 Uhr": "2026-03-30T08:00:00Z",
        "mon 9:00": "2026-11-30T08:00:00Z", "Monday 9:00": "2026-11-30T08:00:00Z", "Tue": "2026-11-30T23:00:00Z",
        "Mi 9 Uhr": "2026-11-25T08:00:00Z", "sonntag": "2026-11-28T23:00:00Z",
        "27.11. 10:15": "2026-11-27T09:15:00Z", "28 Nov 9:00": "2026-11-28T08:00:00Z",
        "Nov 28 9:00": "2026-11-28T08:00:00Z", "3.1.": "2027-01-02T23:00:00Z",
        **dict.fromkeys((
            "soon", "next monday", "mon 9", "8", "2026-02-30", "31.2.2026", "2026-13-01", "13/13/2026",
            "2026-03-29 02:30", "10:75", "25:00", "0.0.2026", "12", "30.3.2026 10:15 Lunch",
        ), ERROR),
        "  ": EMPTY,
    },
    "language": {
        "French": "French", "german": "German", "GERMAN": "German", " French ": "French", "Español": "Español",
        "espanol": "Español", "ESPAÑOL": "Español", "us english": "US English", "US  English": "US English",
        **dict.fromkeys(("Klingon", "Germn", "French, German", "Fr", "1", "français", "true"), ERROR), "  ": EMPTY,
    },
    "topics": {
        **dict.fromkeys((
            "Delivery\nBilling\nClaims\nApp", "delivery\nbilling\nclaims\napp", "Delivery, Billing, Claims, App",
            "delivery,billing,claims,app", "Delivery > Billing > Claims > App", "Delivery>Billing>Claims>App", "2134",
            "2, 1, 3, 4", "2 1 3 4", "2 > 1 > 3 > 4", "dbca", "D B C A", "d > b > c > a",
            '["Delivery", "Billing", "Claims", "App"]', " Delivery\nBilling\n\nClaims\nApp ",
        ), DELIVERY_FIRST),
        **dict.fromkeys((
            "213", "2133", "21345", "dbax", "Delivery > Billing", "1 2 3 5", "Delivery, Delivery, Claims, App",
            "Billing", '["Delivery"]', "Delivery\nBilling\nClaims\nOther", "{}",
        ), ERROR),
        "  ": EMPTY,
    },
    "ranked": {
        "a\nb": ["a", "b"], "a, b": ["a", "b"], "a > b": ["a", "b"], '["x", "y"]': ["x", "y"], "solo": ["solo"],
        "21": ["21"], " \n": EMPTY,
    },
}  # fmt: skip


class Case(NamedTuple):
    """A text in a field, or a cell of a spreadsheet. `means` is the value that is sent, with its type, or a doubt."""

    field: str
    text: Any
    means: Any = None


CASES = [Case(name, text, means) for name, meanings in MEANINGS.items() for text, means in meanings.items()]

# Cells of a spreadsheet that are no texts, and the value that is sent.
NATIVE: list[Case] = [
    Case("short", 7, "7"), Case("short", True, "TRUE"), Case("amount", 5, 5), Case("amount", 5.0, 5),
    Case("amount", 1240.5, 1240.5), Case("amount", 1.24, 1.24), Case("amount", 1.245, 1.245),
    Case("amount", -0.5, -0.5), Case("amount", 1240, 1240), Case("amount", True, ERROR), Case("price", 100000, 100000),
    Case("price", 100001, ERROR), Case("price", 12.345, 12.345), Case("stars", 4, 4), Case("stars", 4.0, 4),
    Case("stars", 4.5, ERROR), Case("stars", 6, ERROR), Case("marks", 50, 50), Case("sure", True, True),
    Case("sure", False, False), Case("sure", 1, True), Case("sure", 0, False), Case("sure", 2, ERROR),
    Case("due", date(2026, 3, 30), MIDNIGHT), Case("due", datetime(2026, 3, 30, 10, 15), MORNING),
    Case("due", datetime(2026, 5, 3, 9, 0), "2026-05-03T07:00:00Z"),
    Case("due", datetime(2026, 10, 25, 2, 30), QUESTION), Case("due", datetime(2026, 3, 29, 2, 30), ERROR),
    Case("due", 45000, QUESTION), Case("due", 46001.5, QUESTION), Case("due", 12, ERROR),
    Case("topics", 2134, DELIVERY_FIRST),
]  # fmt: skip
