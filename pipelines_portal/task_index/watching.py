"""Who looks at a workflow's counts has its tasks read; nobody for long, and that ends."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from pipelines_portal.task_index.models import IndexedTask, QuarterCount, Walk, WorkflowIndex
from pipelines_portal.workflows.models import OpenedWorkflow

WATCHED_FOR = timedelta(days=14)
KEPT_FOR = timedelta(days=90)
NOTED_EVERY = timedelta(hours=1)
PIECE, PIECES = 5000, 20
# The walk through the past begins where the first look at what is new ends; what left is found by the others.
BEGIN_AT_ONCE = (Walk.Kind.NEWEST, Walk.Kind.OPEN)


def watch(workflows: Iterable[OpenedWorkflow]) -> None:
    """Somebody looks at these now: read them, or read on. Little is written, however often the page comes."""
    wanted = {one.pk: one for one in workflows}
    watched(wanted.values(), WorkflowIndex.objects.filter(workflow__in=wanted))


def watched(workflows: Iterable[OpenedWorkflow], known: Iterable[WorkflowIndex]) -> dict[int, WorkflowIndex]:
    """The same, by who has read the indexes that there are: those of all, by the primary key of the workflow."""
    found = {index.workflow_id or 0: index for index in known}
    now = timezone.now()
    old = [pk for pk, index in found.items() if index.seen_at < now - NOTED_EVERY]
    if old:
        WorkflowIndex.objects.filter(workflow__in=old).update(seen_at=now)
    return found | {one.pk: begin_index(one) for one in workflows if one.pk not in found}


@transaction.atomic
def begin_index(workflow: OpenedWorkflow, stuck_hours: int = 24) -> WorkflowIndex:
    """Two who begin it at once begin one."""
    index, is_new = WorkflowIndex.objects.get_or_create(workflow=workflow, defaults={"stuck_hours": stuck_hours})
    if is_new:
        now = timezone.now()
        Walk.objects.bulk_create(
            Walk(index=index, kind=kind, due_at=now if kind in BEGIN_AT_ONCE else None) for kind in Walk.Kind
        )
    return index


@transaction.atomic
def begin_anew(index: WorkflowIndex) -> WorkflowIndex | None:
    """All is read again. What a worker is at writes into the old one, which is on its way out. None: it was."""
    workflow = index.workflow
    if workflow is None or not WorkflowIndex.objects.filter(pk=index.pk, workflow=workflow).update(workflow=None):
        return None
    return begin_index(workflow, index.stuck_hours)


def let_go_unseen() -> int:
    """Those unseen for very long: `forget_indexes` removes them. How many."""
    unseen = WorkflowIndex.objects.filter(seen_at__lt=timezone.now() - KEPT_FOR)
    return unseen.exclude(workflow=None).update(workflow=None)


def forget_indexes() -> None:
    """Those without a workflow: a few pieces at a time, since they are large."""
    for index in WorkflowIndex.objects.filter(workflow=None).order_by("pk"):
        if not _is_empty(index):
            return
        index.delete()


def _is_empty(index: WorkflowIndex) -> bool:
    """After some pieces of it were removed."""
    for _ in range(PIECES):
        ids = list(index.tasks.order_by().values_list("pk", flat=True)[:PIECE])
        if not ids:
            QuarterCount.objects.filter(index=index).delete()
            return True
        IndexedTask.objects.filter(pk__in=ids).delete()
    return False


def being_watched() -> Q:
    """Of walks: somebody looked lately, and the key still works as far as is known."""
    return Q(
        index__seen_at__gte=timezone.now() - WATCHED_FOR,
        index__workflow__isnull=False,
        index__workflow__key__rejected_at=None,
    )
