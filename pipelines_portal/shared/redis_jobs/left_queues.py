"""Jobs in queues of this program that nobody looks into: SECRET_KEY names the queues, and was another one.

They are told of, and left where they are: they may be of another installation that has this Redis too.
"""

import logging
import time
from collections.abc import Iterator
from threading import Thread

import django_rq
from django.conf import settings
from django_tasks_rq import Job
from redis.exceptions import RedisError
from rq import Queue, worker_registration

logger = logging.getLogger(__name__)
SECONDS_BETWEEN_LOOKS = 300.0
LEFT = (
    "Jobs wait in Redis that no worker takes: %s in the queue %s, of another SECRET_KEY. Start a worker with that "
    "SECRET_KEY until they are done, unless they are another installation's"
)


def look_for_ever() -> None:
    """In a thread. What is as it was at the last look is not said again."""
    Thread(target=_look_for_ever, name="left queues", daemon=True).start()


def _look_for_ever() -> None:
    said: dict[str, int] = {}
    while True:
        said = say_what_is_left(said)
        time.sleep(SECONDS_BETWEEN_LOOKS)


def say_what_is_left(said: dict[str, int]) -> dict[str, int]:
    """How many wait, by the queue's name; `said` while Redis is away."""
    try:
        found = dict(left())
    except RedisError:
        return said
    for name, count in found.items():
        if said.get(name) != count:
            logger.warning(LEFT, f"{count:,}", name)
    return found


def left() -> Iterator[tuple[str, int]]:
    """Workers that were killed count for seven minutes more: by then RQ knows."""
    own = settings.JOBS["JOB_QUEUES"]
    program = own[0].rpartition("-")[0]
    connection = django_rq.get_queue(own[0], job_class=Job).connection
    for queue in Queue.all(connection, job_class=Job):
        if queue.name.startswith(f"{program}-") and queue.name not in own and queue.count:
            workers = worker_registration.get_keys(queue)
            if not (workers and connection.exists(*workers)):
                yield queue.name, queue.count
