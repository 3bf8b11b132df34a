"""Home: what needs attention, then the recent workflows, those with trouble first."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.core.bar_chart import Bar
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.overview.attention import TILE_LABELS, attention_context, decisions_for, shown_tasks
from pipelines_portal.overview.charts import Spark, build_spark
from pipelines_portal.overview.detail import open_bar
from pipelines_portal.overview.models import HomeVisit
from pipelines_portal.submissions.days import tell_apart
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.team import Sent, looked_after, sent_since
from pipelines_portal.task_index.counts import Counts, counted_so_far, counts_and_known
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.task_index.reads import Day, days_of, new_needing_attention, oldest_and_stuck
from pipelines_portal.workflows.models import OpenedWorkflow

# The most recent workflows. The pages of the keys list all others.
MAX_WORKFLOWS = 20
SPARK_DAYS = 14
MAX_SUBMISSIONS = 5


@dataclass(frozen=True)
class Line:
    """A workflow. Without counts it was not counted yet, or its key is rejected.

    `so_far` is the progress of a first or a late count, `oldest` when the oldest open task was created.
    """

    workflow: OpenedWorkflow
    index: WorkflowIndex
    counts: Counts | None
    so_far: int | None
    bar: Bar | None = None
    today: Day | None = None
    spark: Spark | None = None
    oldest: datetime | None = None
    stuck: int = 0

    @property
    def attention(self) -> int:
        return (self.counts.attention if self.counts else 0) + self.stuck


def first_steps_context(user: User) -> dict[str, Any]:
    """Return how far a person without a workflow has come."""
    key = SavedKey.objects.usable_by(user).order_by("name").first()
    return {"first_key": key, "api_keys_url": settings.API_KEYS_URL}


def home_context(user: User, show: str = "") -> dict[str, Any] | None:
    """Return what Home shows, or None for a person without a workflow.

    `show` is the number whose tasks are listed. An unknown name counts as none. Nothing is read with a rejected key.
    """
    workflows = _recent_workflows(user)
    if not workflows:
        return None
    now, show = timezone.now(), show if show in TILE_LABELS else ""
    since = HomeVisit.objects.record(user, now)
    indexes = WorkflowIndex.objects.watch(workflows, [one.index for one in workflows if hasattr(one, "index")])
    with_working_key = [one for one in workflows if one.key.rejected_at is None]
    read = [indexes[one.pk] for one in with_working_key if indexes[one.pk].open_as_of]
    counts, known = counts_and_known(with_working_key)
    counted = [(indexes[pk], of_workflow) for pk, of_workflow in counts.items()]
    oldest, stuck = oldest_and_stuck(counted, now)
    days = days_of([index for index, _ in counted], SPARK_DAYS, now)
    new = new_needing_attention(read, since) if since else {}
    tasks = shown_tasks(user, read, counted, show, since, now)

    def build_line(workflow: OpenedWorkflow) -> Line:
        index, of_workflow = indexes[workflow.pk], counts.get(workflow.pk)
        line = Line(workflow, index, of_workflow, counted_so_far(index, known.get(workflow.pk, 0), now))
        if of_workflow is None:
            return line
        today, spark = days[index.pk][-1], build_spark(days[index.pk])
        return replace(
            line, bar=open_bar(of_workflow), today=today, spark=spark,
            oldest=oldest.get(index.pk), stuck=stuck.get(index.pk, 0),
        )  # fmt: skip

    lines = sorted(map(build_line, workflows), key=lambda line: (not line.attention, line.workflow.name.lower()))
    return attention_context(counted, stuck, show, new, tasks) | {
        "now": now,
        "since": since,
        "decisions": decisions_for(user),
        "submissions": _newest_submissions(user),
        "people": _people(user, now),
        "has_keys": len({workflow.key_id for workflow in workflows}) > 1,
        "is_cut": len(workflows) == MAX_WORKFLOWS,
        "lines": lines,
        "has_counts": bool(counts),
        "is_calm": counts and not any(line.attention for line in lines),
        "uncounted": [line for line in lines if line.counts is None and line.workflow.key.rejected_at is None],
        "outdated": [line for line in lines if line.counts and line.counts.is_old(now)],
    }


def _recent_workflows(user: User) -> list[OpenedWorkflow]:
    opened = OpenedWorkflow.objects.filter(key__in=SavedKey.objects.usable_by(user).values("pk"))
    recent = opened.marked_by(user).in_sight().recent_first().select_related("key", "index")
    return list(recent.defer("key__encrypted_key")[:MAX_WORKFLOWS])


def _newest_submissions(user: User) -> list[Submission]:
    submissions = list(Submission.objects.filter(owner=user).sent().as_listed()[:MAX_SUBMISSIONS])
    tell_apart(submissions)
    return submissions


def _people(user: User, now: datetime) -> list[Sent] | None:
    """Return what others sent today with keys that the user shares, or through teams that the user leads.

    Return None if there are no such keys.
    """
    keys = dict(looked_after(user))
    if not any(keys.values()):
        return None
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return sent_since(user, midnight, keys=keys)
