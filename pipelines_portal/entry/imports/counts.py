"""How many rows of an import stand where."""

from dataclasses import dataclass

from django.db.models import Count

from pipelines_portal.entry.models import Import, RowState


@dataclass(frozen=True)
class Counts:
    """They add up to the rows of the file."""

    ready: int = 0
    to_fix: int = 0
    twice: int = 0
    aside: int = 0
    requested: int = 0
    created: int = 0
    rejected: int = 0
    unknown: int = 0

    @property
    def total(self) -> int:
        return self.sent + self.not_sent + self.left

    @property
    def not_sent(self) -> int:
        """Good ones that are still to go."""
        return self.ready + self.requested

    @property
    def sent(self) -> int:
        return self.created + self.rejected + self.unknown

    @property
    def left(self) -> int:
        """What does not go until somebody decides."""
        return self.to_fix + self.twice + self.aside

    @property
    def is_through(self) -> bool:
        """Every row is a task, but for those that somebody set aside."""
        return self.created + self.aside == self.total

    @property
    def left_words(self) -> str:
        """What waits for somebody, as far as there is any."""
        left = (
            (self.to_fix + self.rejected, "to fix"),
            (self.twice, "duplicate" if self.twice == 1 else "duplicates"),
            (self.aside, "set aside"),
        )
        return ", ".join(f"{number:,} {word}" for number, word in left if number)


def counts_of(of: Import) -> Counts:
    """As of now, not of when the import was read."""
    found = Import.objects.filter(pk=of.pk).values_list("row_counts", flat=True).first() or {}
    return Counts(**{state.name.lower(): found.get(state.value, 0) for state in RowState if state != RowState.HEAD})


def counted(of: Import) -> dict[str, int]:
    """Every row: how many are in which state."""
    return dict(of.rows.values_list("state").order_by().annotate(number=Count("*")))


def store_counts(of: Import) -> None:
    """Call at the end of a transaction that changed rows, and that holds the import since before it did."""
    Import.objects.filter(pk=of.pk).update(row_counts=counted(of))
