"""What is counted of rows that were sent, once it is written down what came of them."""

from functools import partial

from django.db import transaction

from pipelines_portal.core.metrics.counted import ROWS_SENT


def count_rows(**rows: int) -> None:
    """Rows by what is known of them, if this transaction ends well."""
    for outcome, count in rows.items():
        if count:
            transaction.on_commit(partial(ROWS_SENT.labels(outcome).inc, count))
