"""What Home shows: first what waits for a decision, then counts, then the workflows, those with trouble on top."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.core.bar_chart import Bar
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.overview.charts import Spark, spark_of
from pipelines_portal.overview.home_reads import MOST_WORKFLOWS, HomeData, read_home
from pipelines_portal.overview.needed import WORDS, needed
from pipelines_portal.overview.workflow_page import open_bar
from pipelines_portal.task_index.counts import Counts, counted_so_far
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.task_index.reads import Day
from pipelines_portal.workflows.models import OpenedWorkflow


@dataclass(frozen=True)
class Line:
    """One workflow. Without counts: not read yet, or its key is rejected. `so_far`: of a first or a late count."""

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


def first_steps(user: User) -> dict[str, Any]:
    """What they have of what one needs to begin: a key, and a workflow opened with it."""
    key = SavedKey.objects.usable_by(user).order_by("name").first()
    return {"first_key": key, "has_workflow": False, "api_keys_url": settings.API_KEYS_URL}


def home_of(user: User, show: str = "") -> dict[str, Any] | None:
    """Return what Home shows, or None for somebody without a workflow.

    `show` names the number whose tasks are to be listed; an unknown name counts as none.
    """
    now, show = timezone.now(), show if show in WORDS else ""
    home = read_home(user, show, now)
    if home is None:
        return None
    lines = [_line(workflow, home, now) for workflow in home.workflows]
    lines.sort(key=lambda line: (not line.attention, line.workflow.name.lower()))
    return needed(home.counted, home.stuck, show, home.arrived, home.tasks) | {
        "now": now,
        "since": home.since,
        "decisions": home.decisions,
        "mine": home.mine,
        "people": home.people,
        "has_keys": len({workflow.key_id for workflow in home.workflows}) > 1,
        "is_cut": len(home.workflows) == MOST_WORKFLOWS,
        "lines": lines,
        "counted": bool(home.counts),
        "nothing": home.counts and not any(line.attention for line in lines),
        "uncounted": [line for line in lines if line.counts is None and line.workflow.key.rejected_at is None],
        "old": [line for line in lines if line.counts and line.counts.is_old(now)],
    }


def _line(workflow: OpenedWorkflow, home: HomeData, now: datetime) -> Line:
    counts, index = home.counts.get(workflow.pk), home.indexes[workflow.pk]
    so_far = counted_so_far(index, home.known.get(workflow.pk, 0), now)
    if counts is None:
        return Line(workflow, index, None, so_far)
    days, oldest, stuck = home.days[index.pk], home.oldest.get(index.pk), home.stuck.get(index.pk, 0)
    return Line(workflow, index, counts, so_far, open_bar(counts), days[-1], spark_of(days), oldest, stuck)
