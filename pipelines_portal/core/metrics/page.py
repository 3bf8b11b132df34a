"""The metrics in Prometheus' text format: what all processes of a program counted, and what the database has now."""

import logging
from collections.abc import Iterator, Mapping

from django.conf import settings
from django.utils.module_loading import import_string
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

logger = logging.getLogger(__name__)


def text(checks: Mapping[str, str]) -> bytes:
    """`checks`: OK or what is wrong, by the name of each check."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(_ReadNow(checks))
    return generate_latest(registry)


class _ReadNow(Collector):
    """Queue lengths and the like, from the database. Without the database, only the state of the checks."""

    def __init__(self, checks: Mapping[str, str]) -> None:
        self._checks = checks

    def collect(self) -> Iterator[Metric]:
        states = GaugeMetricFamily("pipelines_check_ok", "1 if /ready says ok, 0 if not.", labels=["check"])
        for name, state in self._checks.items():
            states.add_metric([name], state == "ok")
        yield states
        if self._checks.get("database") != "ok":
            return
        for path in settings.FIGURES_ASKED:
            try:
                yield from list(import_string(path)())
            except Exception:
                logger.exception("The metrics of %s could not be read", path)
