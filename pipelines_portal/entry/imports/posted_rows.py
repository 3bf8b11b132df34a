"""The rows of a page that comes back: what was typed into each, over what stood there."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipelines_portal.accounts.models import User
from pipelines_portal.core.parameters import number_in
from pipelines_portal.entry.imports.fixing import Outcome, change_rows, set_aside, type_over, version_of
from pipelines_portal.entry.imports.shown_rows import RowTexts, ShownRow, shown_rows
from pipelines_portal.entry.models import ChangedRow, ImportJob, ImportRow

MOST_ROWS = 200
WAS, VALUE = "was-", "v-"


@dataclass
class PostedRow:
    """`version` is that of the row on the page; `texts` are by field."""

    version: str
    texts: dict[str, str] = field(default_factory=dict)


@dataclass
class Saved:
    """`stale` rows were changed by somebody else since the page was made, and are as that person left them."""

    outcome: Outcome
    stale: list[int]


def posted_rows(data: Mapping[str, str]) -> dict[int, PostedRow]:
    """By row number; at most as many as a page has, and a few more."""
    rows = {
        number: PostedRow(data[name])
        for name in data
        if name.startswith(WAS) and (number := number_in(name.removeprefix(WAS), 2**31 - 1)) is not None
    }
    for name in data:
        number_text, _, known = name.removeprefix(VALUE).partition("-")
        number = number_in(number_text, 2**31 - 1) if name.startswith(VALUE) else None
        if number in rows:
            rows[number].texts[known] = with_plain_ends(data[name])
    return dict(list(rows.items())[:MOST_ROWS])


def with_plain_ends(text: str) -> str:
    """Browsers change a line's end on the way."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def save_rows(import_job: ImportJob, by: User, posted: dict[int, PostedRow], aside: int | None) -> Saved:
    """What was typed, and `aside` the row that is set aside. Raises CannotChange."""
    texts, stale = RowTexts(import_job), set[int]()

    def decide(row: ImportRow) -> bool:
        mine = posted[row.number]
        stale.discard(row.number)
        if mine.version != version_of(row):
            stale.add(row.number)
            return False
        now = texts.of_row(row)
        new = {name: text for name, text in mine.texts.items() if name in now and text != with_plain_ends(now[name])}
        is_typed = bool(new) and type_over(row, new)
        return (row.number == aside and set_aside(row)) or is_typed

    def label(changed: list[int]) -> str:
        return "set {} aside" if changed == [aside] else "changed {}"

    return Saved(change_rows(import_job, by, label, lambda: posted, decide), sorted(stale))


def as_posted(import_job: ImportJob, posted: dict[int, PostedRow], stale: list[int]) -> list[ShownRow]:
    """The stale ones as somebody left them, with what was typed here in their inputs."""
    rows = list(import_job.rows.filter(number__in=stale).order_by("number"))
    shown, changed_by = shown_rows(import_job, rows), _changed_by(import_job, stale)
    for each in shown:
        mine = posted[each.row.number].texts
        each.changed_by = changed_by.get(each.row.number, "Somebody")
        for cell in each.cells:
            if cell.known.name in mine and mine[cell.known.name] != with_plain_ends(cell.text):
                cell.stands = cell.text
                cell.text = mine[cell.known.name]
    return shown


def _changed_by(import_job: ImportJob, numbers: list[int]) -> dict[int, str]:
    """Who changed each of these rows last; nobody, when they are gone."""
    changed = ChangedRow.objects.filter(change__import_job=import_job, number__in=numbers).select_related("change__by")
    last = {row.number: row.change.by for row in changed.order_by("change__number")}
    return {number: str(by) for number, by in last.items() if by}
