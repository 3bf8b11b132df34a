"""What Home shows: first what waits for a decision, then counts, then the workflows, those with trouble on top."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.task_index.counts import Counts, counted_so_far
from pipelines_portal.task_index.figures import Day
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.web.bars import Bar
from pipelines_portal.workflows.models import OpenedWorkflow

from .charts import Spark, spark_of
from .home_reads import MOST_WORKFLOWS, Found, Standing, Whose, found_for, standing_for, whose_home
from .models import look
from .needed import WORDS, needed
from .workflow_page import open_bar


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
    """`show`: of which of its numbers the tasks are to be seen; nonsense is not said. None without a workflow."""
    now, show = timezone.now(), show if show in WORDS else ""
    whose = whose_home(user)
    if not whose.workflows:
        return None
    since = look(user, now, whose.visit)
    found = found_for(user, whose, show, since, now)
    standing = standing_for(user, found, show, since, now)
    return {"now": now, "since": since} | _whose(whose) | _attention(whose, found, standing, show, now)


def _whose(whose: Whose) -> dict[str, Any]:
    return {
        "decisions": whose.decisions,
        "mine": whose.mine,
        "has_keys": len({workflow.key_id for workflow in whose.workflows}) > 1,
        "is_cut": len(whose.workflows) == MOST_WORKFLOWS,
    }


def _attention(whose: Whose, found: Found, standing: Standing, show: str, now: datetime) -> dict[str, Any]:
    lines = [_line(workflow, found, standing, now) for workflow in whose.workflows]
    lines.sort(key=lambda line: (not line.attention, line.workflow.name.lower()))
    return needed(found.counted, standing.stuck, show, found.came, standing.tasks) | {
        "lines": lines,
        "people": found.people,
        "counted": bool(found.counts),
        "nothing": found.counts and not any(line.attention for line in lines),
        "uncounted": [line for line in lines if line.counts is None and line.workflow.key.rejected_at is None],
        "old": [line for line in lines if line.counts and line.counts.is_old(now)],
    }


def _line(workflow: OpenedWorkflow, found: Found, standing: Standing, now: datetime) -> Line:
    counts, index = found.counts.get(workflow.pk), found.indexes[workflow.pk]
    so_far = counted_so_far(index, found.known.get(workflow.pk, 0), now)
    if counts is None:
        return Line(workflow, index, None, so_far)
    days, oldest, stuck = found.days[index.pk], standing.oldest.get(index.pk), standing.stuck.get(index.pk, 0)
    return Line(workflow, index, counts, so_far, open_bar(counts), days[-1], spark_of(days), oldest, stuck)
