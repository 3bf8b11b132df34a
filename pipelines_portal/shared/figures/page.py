"""The figures as Prometheus reads them: what all processes counted, and what the database is asked for now."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils.module_loading import import_string
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from pipelines_portal.shared.bounded_time import Bounded
from pipelines_portal.shared.figures.files import DAMAGED, is_whole
from pipelines_portal.shared.figures.gone_machines import say_it_is_used

Question = Callable[[], Iterable[Metric]]
PATIENCE_SECONDS = 4.0
logger = logging.getLogger(__name__)


def text() -> bytes:
    registry = CollectorRegistry()
    registry.register(_Counted())
    registry.register(_Asked())
    return generate_latest(registry)


class _Counted(Collector):
    def collect(self) -> Iterable[Metric]:
        """A damaged file takes none of the others along."""
        say_it_is_used(settings.FIGURES_FOLDER)
        try:
            return _merged(_files(settings.FIGURES_FOLDER))
        except DAMAGED:
            return _merged([file for file in _files(settings.FIGURES_FOLDER) if _is_taken(file)])


def _files(folder: Path) -> list[Path]:
    """Of a process that was killed while it made its file, there is an empty one."""
    found = []
    with suppress(OSError):
        for file in folder.glob("*.db"):
            with suppress(OSError):  # `prepare` may remove it meanwhile
                if file.stat().st_size:
                    found.append(file)
    return found


def _merged(files: list[Path]) -> Iterable[Metric]:
    found: Iterable[Metric] = MultiProcessCollector.merge([str(file) for file in files])  # type: ignore[no-untyped-call]
    return found


def _is_taken(file: Path) -> bool:
    taken = is_whole(file)
    if not taken:
        _say_it_is_damaged(file)
    return taken


@cache
def _say_it_is_damaged(file: Path) -> None:
    logger.warning("The file of figures %s is damaged, and left out of /metrics: it can be removed", file)


class _Asked(Collector):
    """A question that finds no answer in time is left out: the rest is wanted most when something is wrong."""

    def collect(self) -> Iterator[Metric]:
        answered = GaugeMetricFamily("pipelines_question_answered", "Whether it was.", labels=["question"])
        asked = {question.__name__: _bounded(question) for question in _questions()}
        give_up = time.monotonic() + PATIENCE_SECONDS
        for name, found in [(name, bounded.begin()) for name, bounded in asked.items()]:
            metrics = found.wait(max(0.0, give_up - time.monotonic()), otherwise=None)
            answered.add_metric([name], 0 if metrics is None else 1)
            yield from metrics or []
        yield answered


@cache
def _questions() -> list[Question]:
    return [import_string(path) for path in settings.FIGURES_ASKED]


@cache
def _bounded(question: Question) -> Bounded[list[Metric]]:
    return Bounded(question.__name__, lambda: list(question()))
