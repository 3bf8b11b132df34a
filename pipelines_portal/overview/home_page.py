"""What Home shows: first what waits for a decision, then counts, then the workflows, those with trouble on top."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.submissions.days import tell
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.team import IS_SHARED, keys_looked_after
from pipelines_portal.submissions.today import sent_since
from pipelines_portal.task_index.counts import Counts, counts_of
from pipelines_portal.task_index.figures import Day, days_of, standing_of
from pipelines_portal.task_index.watching import watched
from pipelines_portal.web.bars import Bar
from pipelines_portal.workflows.models import OpenedWorkflow

from .charts import Spark, spark_of
from .decisions import decisions_for
from .models import look
from .needed import WORDS, needed
from .workflow_page import open_bar

# What people looked at last; all others are in the lists of their keys.
MOST_WORKFLOWS = 20
DAYS = 14
MOST_MINE = 5


@dataclass(frozen=True)
class Line:
    """One workflow. Without counts: not read yet."""

    workflow: OpenedWorkflow
    counts: Counts | None
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
    now = timezone.now()
    workflows = _workflows(user)
    if not workflows:
        return None
    lines = _lines(workflows, now)
    since = look(user, now)
    return (
        {"now": now, "since": since, "lines": lines, "decisions": decisions_for(user)}
        | _attention(user, lines, show if show in WORDS else "", since, now)
        | {"has_keys": len({workflow.key_id for workflow in workflows}) > 1, "is_cut": len(workflows) == MOST_WORKFLOWS}
        | _sent(user, now)
    )


def _workflows(user: User) -> list[OpenedWorkflow]:
    usable = SavedKey.objects.usable_by(user).values("pk")
    found = OpenedWorkflow.objects.filter(key__in=usable).marked_by(user).in_sight().recent_first()
    return list(found.select_related("key", "index").defer("key__encrypted_key")[:MOST_WORKFLOWS])


def _lines(workflows: list[OpenedWorkflow], now: datetime) -> list[Line]:
    indexes = watched(workflows, [one.index for one in workflows if hasattr(one, "index")])
    counts = counts_of(workflows)
    for workflow in workflows:
        workflow.index = indexes[workflow.pk]
    counted = [(indexes[pk], found) for pk, found in counts.items()]
    known = days_of([index for index, _ in counted], DAYS, now), *standing_of(counted, now)
    lines = [_line(workflow, counts.get(workflow.pk), *known) for workflow in workflows]
    return sorted(lines, key=lambda line: (not line.attention, line.workflow.name.lower()))


def _line(
    workflow: OpenedWorkflow,
    counts: Counts | None,
    days: dict[int, list[Day]],
    oldest: dict[int, datetime],
    stuck: dict[int, int],
) -> Line:
    if counts is None:
        return Line(workflow, None)
    pk = workflow.index.pk
    return Line(workflow, counts, open_bar(counts), days[pk][-1], spark_of(days[pk]), oldest.get(pk), stuck.get(pk, 0))


def _attention(user: User, lines: list[Line], show: str, since: datetime | None, now: datetime) -> dict[str, Any]:
    counted = [(line.workflow.index, line.counts) for line in lines if line.counts]
    stuck = {line.workflow.index.pk: line.stuck for line in lines}
    return needed(user, counted, stuck, show, since, now) | {
        "counted": bool(counted),
        "nothing": counted and not any(line.attention for line in lines),
        "uncounted": [line for line in lines if line.counts is None],
        "as_of": min((counts.as_of for _, counts in counted if counts.as_of), default=None),
    }


def _sent(user: User, now: datetime) -> dict[str, Any]:
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    mine = list(Submission.objects.filter(owner=user).as_listed()[:MOST_MINE])
    tell(mine)
    keys = dict(keys_looked_after(user).annotate(is_shared=IS_SHARED).values_list("pk", "is_shared"))
    return {"mine": mine, "people": sent_since(user, midnight, keys=keys) if any(keys.values()) else None}
