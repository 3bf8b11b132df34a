"""django-tasks-rq's backend, of which no job is lost while Redis is away."""

import logging
from functools import partial
from typing import Any, cast

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone
from django_tasks import task_backends
from django_tasks.base import Task, TaskResult, TaskResultStatus
from django_tasks.utils import get_random_id
from django_tasks_db.models import DBTaskResult
from django_tasks_rq import RQBackend
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
AT_ONCE = 500
# The backend whose jobs wait in the database until Redis is back.
WAITING = "waiting"


class RedisBackend(RQBackend):
    """A job is pushed when what it is about is committed: a worker that is faster would find nothing to do."""

    # Of two kinds, which RQ has as two queues: what is to come behind all others has one of its own.
    supports_priority = True

    def enqueue(self, task: Task[Any, Any], args: Any, kwargs: Any) -> TaskResult[Any]:
        self.validate_task(task)
        transaction.on_commit(partial(self._push_or_keep, task, args, kwargs))
        return TaskResult(
            task=task, id=get_random_id(), status=TaskResultStatus.READY, enqueued_at=None, started_at=None,
            last_attempted_at=None, finished_at=None, args=list(args), kwargs=kwargs, backend=self.alias, errors=[],
            worker_ids=[],
        )  # fmt: skip

    def _push_or_keep(self, task: Task[Any, Any], args: Any, kwargs: Any) -> None:
        try:
            self.push(task, args, kwargs)
        except RedisError as error:
            logger.warning("Redis took no job (%s): it waits in the database for the next sweep", error)
            task.using(backend=WAITING).enqueue(*args, **kwargs)

    def push(self, task: Task[Any, Any], args: Any, kwargs: Any) -> None:
        """Into the queue of this program: two may share a Redis."""
        name = settings.JOBS["JOB_QUEUES"][task.priority < 0]
        super().enqueue(task.using(backend=self.alias, queue_name=name), args, kwargs)


def push_waiting() -> int:
    """What waits in the database, also from when TASKS_BACKEND was another. How many went."""
    waiting = DBTaskResult.objects.ready().order_by("enqueued_at").values_list("pk", flat=True)
    pushed = 0
    try:
        for pk in list(waiting[:AT_ONCE]):
            pushed += _push_or_fail(pk)
    except RedisError as error:
        logger.warning("Redis takes no jobs yet (%s): they wait in the database", error)
    return pushed


def _push_or_fail(pk: Any) -> bool:
    """What cannot be read, of a release that called its jobs otherwise perhaps, keeps nothing else from its turn."""
    try:
        return _push(pk)
    except (RedisError, DatabaseError):
        raise
    except Exception as error:
        logger.warning("A job that waited is none of this release (%s): it is given up", error)
        failed = {"status": TaskResultStatus.FAILED, "finished_at": timezone.now()}
        DBTaskResult.objects.filter(pk=pk, status=TaskResultStatus.READY).update(**failed)
        return False


def _push(pk: Any) -> bool:
    """Whoever removes it from the database pushes it."""
    with transaction.atomic():
        job = DBTaskResult.objects.select_for_update().filter(pk=pk, status=TaskResultStatus.READY).first()
        if job is None:
            return False
        backend = cast("RedisBackend", task_backends["default"])
        backend.push(cast("Task[Any, Any]", job.task), job.args_kwargs["args"], job.args_kwargs["kwargs"])
        job.delete()
        return True
