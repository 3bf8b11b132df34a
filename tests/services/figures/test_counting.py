"""Figures are the sum of all processes of a program, those that were killed too."""

import os

import pytest
import requests

from tests import starting
from tests.live import Portal, answers, end, wait_until

from .conftest import EMAIL, PASSWORD, Both
from .reading import metrics_of, value

pytestmark = pytest.mark.full

ROUNDS = 30
SIGN_IN = {"view": "accounts:sign_in", "method": "GET"}


def another(running: Portal) -> starting.Process:
    """A second process of the portal on the same port: the kernel shares connections out."""
    process = starting.start("-m", "pipelines_portal.core.web_server", "portal", env=os.environ | running.env)
    wait_until(lambda: len(folder_of(running)) > 1 or not ask(running, 4), "the second process to be asked")
    return process


def folder_of(running: Portal) -> list[str]:
    """Files, one a process that counted a request."""
    program = running.log.parent / "metrics" / "portal"
    return sorted(file.name for file in program.glob("histogram_*.db"))


def ask(running: Portal, times: int) -> None:
    """Each over a connection of its own."""
    for _ in range(times):
        assert requests.get(f"{running.url}/sign-in/", timeout=30).status_code == 200


def asked(running: Portal) -> float:
    return value(metrics_of(running.url), "pipelines_requests_total", status="2xx", **SIGN_IN)


def test_two_processes_add_up_and_a_killed_ones_counts_stay(both: Both) -> None:
    process = another(both.portal)
    try:
        before = asked(both.portal)
        ask(both.portal, ROUNDS)
        assert asked(both.portal) == before + ROUNDS
        process.kill()
        process.wait()
        wait_until(lambda: answers(f"{both.portal.url}/health"), "the other process")
        assert asked(both.portal) == before + ROUNDS
    finally:
        end(process)


def test_what_is_counted_of_a_call_is_the_same_on_both_sides(both: Both) -> None:
    def told() -> tuple[float, float]:
        call = "GET /workflows/:id/tasks"
        sent = value(metrics_of(both.portal.url), "pipelines_upstream_calls_total", call=call, outcome="ok")
        served = metrics_of(both.api.server.url)
        return sent, value(served, "pipelines_requests_total", method="GET", view="external_api_v1:list_tasks")

    person = both.portal.sign_in(EMAIL, PASSWORD)
    before = told()
    for _ in range(3):
        person.get(f"{both.portal.url}/keys/1/workflows/42/tasks/", timeout=30)
    sent, served = told()
    assert sent - before[0] == served - before[1] >= 1


def test_operations_that_share_an_address_are_told_apart(both: Both) -> None:
    """By their names in the API's document; a method that none of them has is nobody's."""
    namespace, named = "external_api_v1:", {"GET": "list_tasks", "POST": "create_tasks", "PUT": "unmatched"}

    def told() -> dict[str, list[float]]:
        found = metrics_of(both.api.server.url)
        return {
            method: [
                value(found, metric, method=method, view=view if view == "unmatched" else namespace + view)
                for metric in ("pipelines_requests_total", "pipelines_request_seconds_count")
            ]
            for method, view in named.items()
        }

    before = told()
    for method in named:
        requests.request(method, f"{both.api.url}/workflows/42/tasks", timeout=30)
    assert told() == {method: [count + 1 for count in counts] for method, counts in before.items()}
    views = {dict(labels)["view"] for labels in metrics_of(both.api.server.url)["pipelines_requests_total"]}
    assert namespace + "post_tasks" not in views


def test_what_nobody_answers_is_one_figure_and_what_is_refused_is_counted(both: Both) -> None:
    before = metrics_of(both.portal.url)
    for number in range(5):
        assert requests.get(f"{both.portal.url}/stranger-{number}/", timeout=30).status_code == 404
    wrong = requests.get(f"{both.portal.url}/sign-in/", headers={"Host": "evil.example"}, timeout=30)
    assert wrong.status_code == 400
    after = metrics_of(both.portal.url)
    unmatched = {"view": "unmatched", "status": "4xx"}
    counted = [value(found, "pipelines_requests_total", **unmatched) for found in (before, after)]
    assert counted[1] - counted[0] == 6
    assert "stranger" not in str(after)


def test_watchers_are_not_counted(both: Both) -> None:
    before = value(metrics_of(both.portal.url), "pipelines_requests_total")
    for path in ("/health", "/ready", "/metrics"):
        requests.get(both.portal.url + path, timeout=30)
    assert value(metrics_of(both.portal.url), "pipelines_requests_total") == before


def test_rows_are_counted_when_they_went_out(both: Both) -> None:
    before = value(metrics_of(both.portal.url), "pipelines_rows_sent_total", outcome="created")
    person = both.portal.sign_in(EMAIL, PASSWORD)
    form = {
        "field-input_text": "Hello",
        "field-target_language": "French",
        "token": "8d7c0a52-2c0e-4d0f-9a0e-2f1a0b1c2d3e",
    }
    page = f"{both.portal.url}/keys/1/workflows/42/tasks/new/"
    token = person.get(page, timeout=30).text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    answer = person.post(page, form | {"csrfmiddlewaretoken": token}, headers={"Referer": page}, timeout=30)
    assert answer.status_code == 200, answer.text[:500]
    assert value(metrics_of(both.portal.url), "pipelines_rows_sent_total", outcome="created") == before + 1
