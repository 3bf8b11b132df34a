"""The dashboard and the alerts in deploy/ ask for what both programs really tell, by labels that it has."""

import json
import re
from typing import Any

import pytest
import requests
import yaml

from tests.external_api.server import PROJECT
from tests.live import api_worker, portal_worker, wait_until

from .conftest import EMAIL, PASSWORD, Both
from .expressions import asked_by, values_asked
from .reading import Labels, label_names, metrics_of
from .values import can_be

pytestmark = pytest.mark.full

# What Prometheus' templates can do with a value: https://prometheus.io/docs/prometheus/latest/configuration/template_reference/
TEMPLATE_FUNCTIONS = {"humanize", "humanize1024", "humanizeDuration", "humanizePercentage", "humanizeTimestamp"}
DEPLOY = PROJECT / "deploy"
RULES = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())["groups"][0]["rules"]
PANELS = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text())["panels"]
EXPRESSIONS = [rule["expr"] for rule in RULES] + [target["expr"] for panel in PANELS for target in panel["targets"]]
# Labels that a figure gets with the first thing it counts, which a test does not bring about for each.
BY_DECLARATION = re.compile(r'(Counter|Histogram)\(\s*"(\w+)".*?\[([^\]]*)\]', re.DOTALL)


def declared() -> dict[str, set[str]]:
    """Of counters and histograms, as the code declares them: names as they are told, and labels."""
    found: dict[str, set[str]] = {}
    for file in (PROJECT / "pipelines_portal").rglob("*.py"):
        for kind, name, labels in BY_DECLARATION.findall(file.read_text()):
            told = set(re.findall(r'"(\w+)"', labels))
            if kind == "Counter":
                found[f"{name}_total"] = told
            else:
                found |= {f"{name}_sum": told, f"{name}_count": told, f"{name}_bucket": told | {"le"}}
    return found


@pytest.fixture(scope="module")
def samples(both: Both) -> dict[str, set[Labels]]:
    """Metrics that the two programs tell, with the labels of each of their samples."""
    person = both.portal.sign_in(EMAIL, PASSWORD)
    person.get(f"{both.portal.url}/keys/1/workflows/42/tasks/", timeout=30)
    requests.get(f"{both.api.url}/workflows/42", timeout=30)
    both.portal.run("record_backup_and_mail", of="tests.services.figures.inside_portal")
    found: dict[str, set[Labels]] = {}
    with api_worker(both.api), portal_worker(both.portal):
        wait_until(lambda: ready(both.portal.url)["worker"] == "ok", "the worker's first word")
        for url in (both.portal.url, both.api.server.url):
            for name, told in metrics_of(url).items():
                found.setdefault(name, set()).update(told)
    return found


@pytest.fixture(scope="module")
def told(samples: dict[str, set[Labels]]) -> dict[str, set[str]]:
    """Their labels by name."""
    return {name: label_names(labels) for name, labels in samples.items()}


def ready(url: str) -> dict[str, Any]:
    return requests.get(f"{url}/ready", timeout=30).json()["checks"]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_each_requested_metric_and_label_is_exported(expression: str, told: dict[str, set[str]]) -> None:
    known = declared() | told | {"up": set()}
    asked = asked_by(expression)
    assert asked
    assert {name for name in asked if name not in known} == set()
    assert {name: labels - known[name] for name, labels in asked.items() if labels - known[name]} == {}


def never_told(expression: str, samples: dict[str, set[Labels]]) -> set[tuple[str, str, str]]:
    """Values that no program can tell."""
    asked = values_asked(expression)
    known = {
        (metric, label): can_be(metric, label, {dict(labels).get(label, "") for labels in samples.get(metric, ())})
        for metric, label, _ in asked
    }
    return {each for each in asked if each[2] not in known[each[:2]]}


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_values_that_are_asked_for_can_be_told(expression: str, samples: dict[str, set[Labels]]) -> None:
    assert never_told(expression, samples) == set()


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ('pipelines_uploads_ended_total{end="brokn"}', "brokn"),
        ('pipelines_check_ok{check="wrker"}', "wrker"),
        ('pipelines_check_ok{check=~"cache|wrker"}', "wrker"),
        ('pipelines_requests_total{status="500"}', "500"),
        ('pipelines_upstream_calls_total{outcome=~"ok|gone"}', "gone"),
        ('pipelines_rows_sent_total{outcome!="gone"}', "gone"),
        ('up{job=~"portal|external_api"}', "external_api"),
        ('pipelines_request_seconds_bucket{le="3.0"}', "3.0"),
        ('pipelines_request_seconds_count{view!~"uploads:rely|stored_archive"}', "uploads:rely"),
    ],
)
def test_a_value_that_nobody_tells_would_be_found(asked: str, wrong: str, samples: dict[str, set[Labels]]) -> None:
    assert {value for _, _, value in never_told(f"sum(rate({asked}[5m]))", samples)} == {wrong}


def test_a_counter_has_no_buckets_and_a_histogram_no_total() -> None:
    assert {"pipelines_requests_total", "pipelines_request_seconds_bucket"} <= declared().keys()
    assert not {"pipelines_requests_bucket", "pipelines_request_seconds_total"} & declared().keys()


def test_what_is_declared_is_told_once_it_was_counted(told: dict[str, set[str]]) -> None:
    """So that declarations may stand for what these programs have not met yet."""
    met = {name: labels for name, labels in declared().items() if name in told}
    assert {"pipelines_requests_total", "pipelines_upstream_calls_total", "pipelines_request_seconds_bucket"} <= set(
        met
    )
    assert met == {name: told[name] for name in met}


def test_the_guide_lists_all_figures_and_no_others(told: dict[str, set[str]]) -> None:
    guide = (PROJECT / "docs" / "reference" / "metrics.md").read_text()
    ours = {name for name in told.keys() | declared().keys() if name.startswith("pipelines_")}
    listed = {re.sub(r"_(sum|count|bucket)$", "", name) for name in re.findall(r"`(pipelines_\w+)`", guide)}
    known = {re.sub(r"_(sum|count|bucket)$", "", name) for name in ours}
    assert listed <= known
    assert {name for name in told if name.startswith("pipelines_")} - listed == {
        f"{name}_{part}" for name in listed for part in ("sum", "count", "bucket") if f"{name}_{part}" in told
    }


def wrong_in_template(summary: str) -> list[str]:
    """Parts of it that Prometheus would not fill in: then it tells of its own error in the place of the sentence."""
    known = re.compile(rf"\$(value|labels\.\w+)( \| ({'|'.join(sorted(TEMPLATE_FUNCTIONS))}))?")
    parts = [part.strip() for part in re.findall(r"{{(.*?)}}", summary)]
    return [part for part in parts if not known.fullmatch(part)]


@pytest.mark.parametrize("wrong", ["$value | humanisePercentage", "$labels.job | upper", "value", "$label.job"])
def test_a_template_that_prometheus_cannot_fill_in_would_be_found(wrong: str) -> None:
    assert wrong_in_template(f"{{{{ {wrong} }}}} is slow. Look at {{{{ $labels.job }}}}.") == [wrong]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_each_alert_says_what_to_do_about_it(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    summary = rule["annotations"]["summary"]
    what, _, then = summary.partition(". ")
    assert what and then
    assert wrong_in_template(summary) == []
    for label in re.findall(r"\$labels\.(\w+)", summary):
        assert label in {"job", "instance"} | set().union(*asked_by(rule["expr"]).values())


def test_a_metric_that_is_not_there_is_found_in_any_expression() -> None:
    """The parser itself: names in functions, in brackets, behind operators; no words of the language."""
    told = asked_by('sum by (a) (rate(one_total{b="x{y}", c!~"z"}[5m])) / on (d) two > 0.5 and three{e="f"} == 1')
    assert told == {"one_total": {"a", "b", "c", "d"}, "two": {"a", "d"}, "three": {"a", "d", "e"}}
