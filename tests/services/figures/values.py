"""What the code can tell under each label, where it is a word of ours."""

import inspect
import re
from collections.abc import Iterator

import yaml
from django.urls import URLResolver, get_resolver

from pipelines_portal.api_client.metrics import outcome_of
from pipelines_portal.core.metrics import BUCKETS, METHODS
from pipelines_portal.uploads.models import OVER
from tests.external_api.server import PROJECT

SCRAPED = yaml.safe_load((PROJECT / "deploy" / "prometheus" / "prometheus.yaml").read_text())["scrape_configs"]
JOBS = {job["job_name"] for job in SCRAPED}


def words_in(function: object) -> set[str]:
    """Literals, which is all that it returns."""
    return set(re.findall(r'"(\w+)"', inspect.getsource(function)))  # type: ignore[arg-type]


def rows_counted() -> set[str]:
    """By the names that callers of count_rows give."""
    texts = [file.read_text() for file in (PROJECT / "pipelines_portal").rglob("*.py")]
    calls = [call for text in texts for call in re.findall(r"\bcount_rows\(([^)]*)", text)]
    return {name for call in calls for name in re.findall(r"(\w+)=", call)}


def checks() -> set[str]:
    """Of both programs, by the functions that their settings name; not all are told everywhere."""
    settings = PROJECT / "pipelines_portal" / "settings"
    texts = [(settings / name).read_text() for name in ("portal.py", "external_api.py")]
    named = [part for text in texts for part in re.findall(r"^CHECKS = ([\[(].*?[\])])", text, re.S | re.M)]
    return {"database", *(name for part in named for name in re.findall(r'\.(\w+)"', part))}


def views() -> set[str]:
    """Of the portal by its addresses; of the API's pages and operations by what the code calls them."""
    api = PROJECT / "pipelines_portal" / "external_api"
    pages = re.findall(r'name="(\w+)"', (api / "urls.py").read_text())
    operations = re.findall(r'operation_id="(\w+)"', "".join(file.read_text() for file in api.rglob("*.py")))
    return {*_names_below(get_resolver()), *pages, *(f"external_api_v1:{name}" for name in operations)}


def _names_below(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for part in resolver.url_patterns:
        if isinstance(part, URLResolver):
            yield from _names_below(part, f"{before}{part.namespace}:" if part.namespace else before)
        elif part.name:
            yield before + part.name


# By metric and label: a label alone is the same wherever it is. Others are told by running programs.
OF_METRICS = {
    ("pipelines_upstream_calls_total", "outcome"): words_in(outcome_of) | {"ok"},
    ("pipelines_rows_sent_total", "outcome"): rows_counted(),
    ("pipelines_uploads_ended_total", "end"): {str(stage) for stage in OVER},
}
OF_LABELS = {
    "job": JOBS,
    "status": {f"{hundreds}xx" for hundreds in range(1, 6)},
    "method": {*METHODS, "other"},
    "check": checks(),
    "caller": {"key", "address"},
    "view": views(),
    "le": {str(float(bucket)) for bucket in BUCKETS} | {"+Inf"},
}


def can_be(metric: str, label: str, told: set[str]) -> set[str]:
    return OF_METRICS.get((metric, label)) or OF_LABELS.get(label) or told
