"""Going through a table of any size, while others write: no more of it in memory than a batch, and no reading stands
open in between, where SQLite would let nobody write.
"""

from collections.abc import Iterator
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)
AT_ONCE = 500


def in_batches(rows: "QuerySet[Row]") -> Iterator[list[Row]]:
    """By primary key."""
    last: Any = None
    while batch := list((rows if last is None else rows.filter(pk__gt=last)).order_by("pk")[:AT_ONCE]):
        yield batch
        last = batch[-1].pk
