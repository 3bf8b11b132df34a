"""The checks of /ready as figures."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric

from .readiness import OK, states


def checks() -> Iterator[Metric]:
    found = GaugeMetricFamily(
        "pipelines_check_ok", "1 where /ready says ok, 0 where it says what is wrong.", labels=["check"]
    )
    for name, state in states().items():
        found.add_metric([name], state == OK)
    yield found
