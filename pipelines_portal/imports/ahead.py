"""Making the next request while one is on the wire: the API is as busy with one as the portal is with making one."""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self
from uuid import UUID

from django.db import connection

from .models import Import
from .requests import Moved, make_request

logger = logging.getLogger(__name__)


class Ahead:
    """A thread with a connection of its own. What it could not make is made when it is needed."""

    def __enter__(self) -> Self:
        self._pool = ThreadPoolExecutor(1, "import-ahead")
        self._made: Future[None] | None = None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._pool.submit(connection.close)
        self._pool.shutdown()

    def begin(self, of: Import) -> None:
        self._made = self._pool.submit(_make, of.pk, of.worker)

    def wait(self) -> None:
        if self._made is not None:
            self._made.result()
            self._made = None


def _make(pk: UUID, worker: UUID | None) -> None:
    """Nothing, when a person paused it meanwhile, or somebody else goes on with it."""
    try:
        for of in Import.objects.select_related("key", "owner", "sender").filter(pk=pk, worker=worker):
            make_request(of)
    except Moved:
        pass
    except Exception:
        logger.exception("A request could not be made ahead")
