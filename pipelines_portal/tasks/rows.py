"""Tasks as the rows of a list: everything a plain string, for templates that threads render side by side."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.safestring import SafeString

from pipelines_portal.api_client import Task
from pipelines_portal.web import moments
from pipelines_portal.web.templatetags.portal import node_bar, status


@dataclass(frozen=True)
class Moment:
    ago: str
    exact: str
    iso: str


@dataclass(frozen=True)
class TaskRow:
    id: str
    status: SafeString
    nodes: SafeString
    created: Moment
    updated: Moment


def task_rows(tasks: list[Task]) -> list[TaskRow]:
    now = timezone.now()
    return [
        TaskRow(
            str(task.id), status(task.status), node_bar(task.node_summary),
            _moment(task.created_at, now), _moment(task.updated_at, now),
        )
        for task in tasks
    ]  # fmt: skip


def _moment(moment: datetime, now: datetime) -> Moment:
    return Moment(moments.ago(moment, now), moments.exact(moment), moments.machine(moment))
