"""How the numbers and dates of a file are written. A text that can be read in two ways is not read at all."""

from collections.abc import Iterable

from pipelines_portal.api_client import Field
from pipelines_portal.matching.columns import Matching
from pipelines_portal.workflows.checking import RowCheck
from pipelines_portal.workflows.fields.date_time import DateTime
from pipelines_portal.workflows.fields.numeric import Numeric
from pipelines_portal.workflows.fields.reading.numbers import suggest_decimal
from pipelines_portal.workflows.fields.reading.times import suggest_day_first
from pipelines_portal.workflows.fields.verdicts import OF_FILE

# A date that has the month first for sure.
MONTH_FIRST = "01/13/2020"
ANY_NUMBER, ANY_DATE = Field(name="number", type=Numeric.api_name), Field(name="date", type=DateTime.api_name)


def settle_notation(matching: Matching, numbers: Iterable[str], dates: Iterable[str]) -> None:
    """Set how numbers and dates are written if it is not known yet and these texts show it."""
    matching.decimal = matching.decimal or suggest_decimal(numbers)
    if matching.day_first is None:
        matching.day_first = _order_of(list(dates))


def _order_of(dates: list[str]) -> bool | None:
    """Return whether the dates write the day before the month, or None if they do not show it."""
    if suggest_day_first([*dates, MONTH_FIRST]):
        return True
    return None if suggest_day_first(dates) else False


def has_doubts(numbers: Iterable[str], dates: Iterable[str], matching: Matching) -> bool:
    """Return whether a person has to say how numbers or dates are written."""
    check = RowCheck([ANY_NUMBER, ANY_DATE], matching.notation, matching.zone)
    texts = [*((ANY_NUMBER, text) for text in numbers), *((ANY_DATE, text) for text in dates)]
    judged = (check.field(known, text).problem for known, text in texts)
    return any(problem is not None and problem.kind in OF_FILE for problem in judged)
