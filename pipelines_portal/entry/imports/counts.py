"""How many rows of an import stand where."""

from dataclasses import dataclass

from django.db.models import Count

from pipelines_portal.entry.models import ImportJob, ImportRow


@dataclass(frozen=True)
class Counts:
    """They add up to the rows of the file."""

    ready: int = 0
    to_fix: int = 0
    duplicate: int = 0
    set_aside: int = 0
    requested: int = 0
    created: int = 0
    rejected: int = 0
    unconfirmed: int = 0

    @property
    def total(self) -> int:
        return self.sent + self.not_sent + self.left

    @property
    def not_sent(self) -> int:
        """Good ones that are still to go."""
        return self.ready + self.requested

    @property
    def sent(self) -> int:
        return self.created + self.rejected + self.unconfirmed

    @property
    def left(self) -> int:
        """What does not go until somebody decides."""
        return self.to_fix + self.duplicate + self.set_aside

    @property
    def is_through(self) -> bool:
        """Every row is a task, but for those that somebody set aside."""
        return self.created + self.set_aside == self.total

    @property
    def left_words(self) -> str:
        """What waits for somebody, as far as there is any."""
        left = (
            (self.to_fix + self.rejected, "to fix"),
            (self.duplicate, "duplicate" if self.duplicate == 1 else "duplicates"),
            (self.set_aside, "set aside"),
        )
        return ", ".join(f"{number:,} {word}" for number, word in left if number)


def counts_of(import_job: ImportJob) -> Counts:
    """As of now, not of when the import was read."""
    found = ImportJob.objects.filter(pk=import_job.pk).values_list("row_counts", flat=True).first() or {}
    return Counts(
        **{
            status.name.lower(): found.get(status.value, 0)
            for status in ImportRow.Status
            if status != ImportRow.Status.UNCHECKED
        }
    )


def counted(import_job: ImportJob) -> dict[str, int]:
    """Every row: how many are in which state."""
    return dict(import_job.rows.values_list("status").order_by().annotate(number=Count("*")))


def store_counts(import_job: ImportJob) -> None:
    """Call at the end of a transaction that changed rows, and that holds the import since before it did."""
    ImportJob.objects.filter(pk=import_job.pk).update(row_counts=counted(import_job))
