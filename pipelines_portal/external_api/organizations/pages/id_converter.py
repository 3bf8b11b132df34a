"""IDs in the URLs of pages."""

from django.urls.converters import IntConverter

from pipelines_portal.core.sql import LARGEST_ID


class IdConverter(IntConverter):
    """An ID. A larger number than a database can have matches no URL: SQLite fails if it is asked for one."""

    def to_python(self, value: str) -> int:
        number = super().to_python(value)
        if number > LARGEST_ID:
            raise ValueError
        return number
