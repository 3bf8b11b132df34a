"""Invariants of an import, during the work and at its end."""

from collections import Counter
from typing import Any
from uuid import UUID

from pipelines_portal.entry.models import ImportJob, ImportRow
from pipelines_portal.submissions.models import Submission, SubmissionRow
from tests.fake_api import FakeApi

OPEN = (Submission.Status.DRAFT, Submission.Status.SENDING, Submission.Status.UNCONFIRMED)


class Invariants:
    """The invariants of an import with `count` rows. Row numbers begin at 2; the last row equals the first."""

    pk: UUID
    count: int
    api: FakeApi
    # The rows by text, and how often a person decided that a row was not created.
    of_row: dict[str, int]
    permitted: Counter[str]

    def import_job(self) -> ImportJob:
        return ImportJob.objects.select_related("key", "owner").get(pk=self.pk)

    def rows(self) -> Any:
        return self.import_job().rows

    def check(self) -> None:
        import_job, rows = self.import_job(), list(self.rows())
        if import_job.status != ImportJob.Status.CHECKING:
            assert [row.number for row in rows] == list(range(2, self.count + 2)), "A row is missing, or there twice."
            assert import_job.counts().total == self.count, "The counts do not add up."
            assert import_job.row_counts == Counter(row.status for row in rows), "The counts are not of these rows."
        self.check_tasks()
        self.check_requests(import_job, rows)

    def sent_texts(self) -> list[str]:
        """Return the text of each task at the API."""
        return [task.fields["input_text"] for task in self.api.tasks.values()]

    def check_tasks(self) -> None:
        """Check that each text is one task. A text of two rows may be two tasks."""
        made = Counter(str(self.of_row[text]) for text in self.sent_texts() if text in self.of_row)
        for number, count in made.items():
            twin = self.permitted[str(self.count + 1)] + 1 if number == "2" else 0
            assert count <= 1 + self.permitted[number] + twin, f"Row {number} was sent {count} times without a word."
        there = set(self.api.tasks)
        claimed = set(SubmissionRow.objects.exclude(task_id=None).values_list("task_id", flat=True))
        assert claimed <= there, "A task is claimed that does not exist."

    def check_requests(self, import_job: ImportJob, rows: list[ImportRow]) -> None:
        waiting = SubmissionRow.objects.filter(
            submission__in=import_job.submissions.filter(is_called_off=False, status__in=OPEN)
        )
        numbers = list(waiting.values_list("number", flat=True))
        assert len(set(numbers)) == len(numbers), "A row is in two open requests."
        if (
            import_job.status == ImportJob.Status.CHECKED
            and not import_job.submissions.exclude(status="draft").exists()
        ):
            assert not self.rows().filter(status=ImportRow.Status.REQUESTED).exists(), (
                "A row is held by what was stopped."
            )
            return
        held = {row.number for row in rows if row.submission_id is not None}
        if import_job.status != ImportJob.Status.CHECKING:
            assert set(numbers) <= held, "A row may go although it is in a request."
            lone = [
                row
                for row in rows
                if row.submission_id is None and row.status in ("requested", "created", "unconfirmed")
            ]
            assert not lone, f"A row is {lone and lone[0].status} in no request."

    def check_ends(self) -> None:
        import_job = self.import_job()
        assert import_job.status == ImportJob.Status.CHECKED, f"It ends {import_job.status}: {import_job.problem}"
        made = set(self.sent_texts())
        for row in self.rows().select_related("submission"):
            is_told_apart = row.status == ImportRow.Status.CREATED or row.submission.unattributed_tasks.exists()
            assert is_told_apart, f"Row {row.number} ends {row.status}."
            if row.status == ImportRow.Status.CREATED:
                sent = [text for text, number in self.of_row.items() if number == row.number and text in made]
                by_person = row.submission.is_decided_by_person
                assert sent or by_person or row.number == self.count + 1, f"No task came of row {row.number}."
