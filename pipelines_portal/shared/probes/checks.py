"""The checks of /ready as figures."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric

from .readiness import OK, is_unknown, states


def checks() -> Iterator[Metric]:
    """Without what nobody can tell while the database is silent: a worker may be as well as ever."""
    found = GaugeMetricFamily(
        "pipelines_check_ok", "1 where /ready says ok, 0 where it says what is wrong.", labels=["check"]
    )
    for name, state in states().items():
        if not is_unknown(name, state):
            found.add_metric([name], state == OK)
    yield found
