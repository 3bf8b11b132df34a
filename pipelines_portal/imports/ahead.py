"""Making the next request while one is on the wire: the API is as busy with one as the portal is with making one."""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from types import TracebackType
from typing import NamedTuple, Self
from uuid import UUID

from django.db import connection

from pipelines_portal.submissions.rows import body_of

from .models import Import
from .requests import Moved, make_request, settle_requests

logger = logging.getLogger(__name__)


class Made(NamedTuple):
    """A request, by its key, and its body."""

    request: int
    body: bytes


class Ahead:
    """A thread with a connection of its own. What it could not make is made when it is needed."""

    def __enter__(self) -> Self:
        self._pool = ThreadPoolExecutor(1, "import-ahead")
        self._made: Future[Made | None] | None = None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._pool.submit(connection.close)
        self._pool.shutdown()

    def begin(self, of: Import) -> None:
        self._made = self._pool.submit(copy_context().run, _make, of.pk, of.worker)

    def result(self) -> Made | None:
        """None when none was made."""
        made, self._made = self._made, None
        return made.result() if made else None


def _make(pk: UUID, worker: UUID | None) -> Made | None:
    """Nothing, when a person paused it meanwhile, or somebody else goes on with it. What came of those before is
    written down first.
    """
    try:
        of = Import.objects.select_related("key", "owner").get(pk=pk, worker=worker)
        settle_requests(of)
        request = make_request(of)
        return Made(request.pk, body_of(request.submission)) if request else None
    except (Moved, Import.DoesNotExist):
        return None
    except Exception:
        logger.exception("A request could not be made ahead")
        return None
