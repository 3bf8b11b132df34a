"""Rows whose values were sent before, or are about to be: tasks cannot be deleted."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from pipelines_portal.submissions.duplicates import digest_of
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.models.rows import may_be_task
from pipelines_portal.task_index.models import TaskNote
from pipelines_portal.web.rendering import content_digest
from pipelines_portal.workflows.models import OpenedWorkflow

DIGESTS_PER_QUERY = 5_000


def lock_comparison(key_id: int | None, workflow_id: int) -> bool:
    """Let nobody else compare rows with those that were sent to the workflow, until the transaction ends.

    Call before an import or a submission is locked. Return False if the workflow was taken off the list.
    """
    workflow = OpenedWorkflow.objects.filter(key=key_id, workflow_id=workflow_id)
    return bool(workflow.select_for_update(no_key=True).order_by().values_list("pk"))


@dataclass(frozen=True)
class Duplicates:
    """The rows of a draft that were sent before: how many, and the newest row with the same values."""

    count: int
    newest: SubmissionRow
    # Changes with the draft's values, and when they are sent once more.
    mark: str

    @property
    def task_id(self) -> str:
        """The task's ID as text; "" while none is known."""
        return str(self.newest.task_id or "")

    @property
    def is_unconfirmed(self) -> bool:
        return self.newest.status == SubmissionRow.Status.UNCONFIRMED


def sent_rows(key_id: int, workflow_id: int, digests: Iterable[str], *, apart_from: Q) -> Iterator[SubmissionRow]:
    """Yield the rows with these digests that were sent to the workflow with the key, or are about to be.

    Tasks that are marked as mistakes or replaced do not count.
    """
    here = Submission.objects.filter(pk=OuterRef("submission"), workflow_id=workflow_id, key=key_id)
    # SQLite uses the index of digests, which has no empty ones, only without them. With a join in the place of Exists,
    # it reads all rows of the workflow.
    sent = SubmissionRow.objects.filter(may_be_task(), Exists(here)).exclude(apart_from).exclude(digest="")
    wanted, is_mistake = list(dict.fromkeys(digests)), Exists(mistakes_of_rows(key_id, workflow_id))
    for start in range(0, len(wanted), DIGESTS_PER_QUERY):
        of_digests = sent.filter(digest__in=wanted[start : start + DIGESTS_PER_QUERY])
        yield from of_digests.exclude(is_mistake).order_by("pk").defer("fields")


def mistakes_of_rows(key_id: int, workflow_id: int) -> QuerySet[TaskNote]:
    """Return the mistakes that the tasks of rows are. A note from before the row was sent is about another task."""
    mistakes = TaskNote.objects.mistakes_in(key_id, workflow_id)
    return mistakes.filter(task_id=OuterRef("task_id"), at__gte=OuterRef("submission__created_at"))


def find_duplicates(draft: Submission) -> Duplicates | None:
    """Find what was sent of the draft's rows by other submissions. Rows without any values are no duplicates."""
    if draft.key_id is None:
        return None
    digests = list(draft.rows.exclude(digest__in=("", digest_of({}))).values_list("digest", flat=True))
    of_draft = Q(submission=draft.pk)
    sent = list(sent_rows(draft.key_id, draft.workflow_id, digests, apart_from=of_draft))
    if not sent:
        return None
    known = {row.digest for row in sent}
    count = sum(digest in known for digest in digests)
    return Duplicates(count, sent[-1], content_digest(digests, sent[-1].pk))
