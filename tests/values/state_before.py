"""The database of a portal as it was before all roads of a value were one, migrated to the models of today.

tests/values/data/before.md says what is in it and how it was made.
"""

import gzip
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection

from tests import samples
from tests.database_cache import store, stored_file

DUMP = Path(__file__).parent / "data" / "before.sql.gz"
THEN = datetime(2026, 11, 20, 9, 15, 30, tzinfo=UTC)
# Two hours later: what was sent is a duplicate.
NOW = datetime(2026, 11, 20, 11, 15, 30, tzinfo=UTC)
ZONE = "Europe/Vienna"
ORDERS = 7301
FIELDS = [
    samples.field("subject", required=True),
    samples.field("value", "numeric"),
    samples.field("fee", "numeric"),
    samples.field("received", "datetime"),
    samples.field("answered", "datetime"),
    samples.field("language", "select", options=["French", "German"]),
    samples.field("sure", "boolean"),
    samples.field("topics", "ranking", options=["Billing", "Delivery", "Claims"]),
    samples.field("stars", "rating", min=1, max=5),
]
# What the API has: sent by the form, and from a file whose word was corrected.
SENT: dict[int, dict[str, Any]] = {
    1: {
        "subject": "Sent", "value": "1240.50", "fee": "84.90", "received": "2026-03-30T08:15:00Z",
        "language": "German", "sure": True,
    },
    2: {"subject": "Learn", "language": "German"},
}  # fmt: skip


@contextmanager
def database_in(file: Path) -> Iterator[None]:
    """Use the file as the database, in place of that of the tests."""
    name = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = str(file)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = name


@cache
def migrated() -> Path:
    """Return a file with the dump, to which only the migrations since then were applied."""
    if (stored := stored_file("state-before", DUMP)).exists():
        return stored
    file = Path(os.environ["DATA_DIR"]) / "state-before.sqlite3"
    with closing(sqlite3.connect(file)) as target:
        target.executescript(gzip.decompress(DUMP.read_bytes()).decode())
    with database_in(file):
        call_command("migrate", verbosity=0)
    store(stored, file)
    return stored


@contextmanager
def state_before(folder: Path) -> Iterator[None]:
    """Use a copy of it as the database."""
    with database_in(Path(shutil.copy(migrated(), folder))):
        yield
