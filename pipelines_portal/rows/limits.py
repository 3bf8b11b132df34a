"""What a file of rows may hold, whatever wrote it, and how one that cannot be used is refused."""

MAX_BYTES = 16 * 1024 * 1024
MAX_ROWS = 5_000
MAX_COLUMNS = 300
# Rows, empty ones counted.
MAX_LINES = 20_000
MAX_CELL = 1024 * 1024


class RowsFileError(Exception):
    """`title` says what is wrong with the file, `advice` what to do about it."""

    def __init__(self, title: str, advice: str = "") -> None:
        super().__init__(title)
        self.title = title
        self.advice = advice


def check_rows(name: str, count: int) -> None:
    if count > MAX_ROWS:
        raise RowsFileError(f"{name} holds more than {MAX_ROWS:,} rows.", "That is the most for one upload: split it.")


def check_columns(name: str, count: int) -> None:
    if count > MAX_COLUMNS:
        raise RowsFileError(f"{name} has more than {MAX_COLUMNS} columns.", "Leave out those that are no fields.")


def check_size(name: str, data: bytes) -> None:
    """Raises RowsFileError for a file that is too large to be read at all."""
    if len(data) > MAX_BYTES:
        raise RowsFileError(f"{name} is larger than {MAX_BYTES // 1024**2} MB.", "Split it, or upload fewer rows.")
