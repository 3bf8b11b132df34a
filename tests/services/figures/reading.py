"""Prometheus' text of a running program, parsed by its own library."""

from collections.abc import Iterable

import requests
from prometheus_client.parser import text_string_to_metric_families

Labels = frozenset[tuple[str, str]]


def metrics_of(url: str, **options: object) -> dict[str, dict[Labels, float]]:
    """Values by sample and labels."""
    answer = requests.get(f"{url}/metrics", **({"timeout": 30} | options))  # type: ignore[arg-type]
    assert answer.status_code == 200, (answer.status_code, answer.text)
    found: dict[str, dict[Labels, float]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[frozenset(sample.labels.items())] = sample.value
    return found


def value(found: dict[str, dict[Labels, float]], name: str, **labels: str) -> float:
    """The sum over all samples with these labels, among others."""
    return sum(number for key, number in found.get(name, {}).items() if labels.items() <= dict(key).items())


def label_names(samples: Iterable[Labels]) -> set[str]:
    return {name for labels in samples for name, _ in labels}
