"""The figures as Prometheus reads them: what all processes counted, and what the database is asked for now."""

import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from pipelines_portal.shared.bounded_time import Bounded
from pipelines_portal.shared.figures.gone_machines import say_it_is_used

Question = Callable[[], Iterable[Metric]]
PATIENCE_SECONDS = 4.0


def text() -> bytes:
    registry = CollectorRegistry()
    registry.register(_Counted())
    registry.register(_Asked())
    return generate_latest(registry)


class _Counted(Collector):
    def collect(self) -> Iterable[Metric]:
        """Of a process that was killed while it made its file, there is an empty one."""
        say_it_is_used(settings.FIGURES_FOLDER)
        files = [str(file) for file in settings.FIGURES_FOLDER.glob("*.db") if file.stat().st_size]
        found: Iterable[Metric] = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]
        return found


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
