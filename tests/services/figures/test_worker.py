"""A worker alone, in a container of its own: it answers watchers at a port of its own."""

from pathlib import Path

import pytest
import requests

from tests import samples
from tests.external_api.server import SETTINGS, free_port
from tests.live import answers, background, external_api, portal, wait_until

from .reading import metrics_of, value

pytestmark = pytest.mark.full

TOKEN = "a-token-of-some-length"
SHOWN = {"Authorization": f"Bearer {TOKEN}"}


def test_both_workers_answer_by_the_same_rule(tmp_path: Path) -> None:
    with external_api(tmp_path / "api") as api, portal(tmp_path / "portal", api.url) as running:
        api.load(samples.organization("Acme", samples.workflow(42)))
        for env, more in ((running.env, []), (api.env, ["--settings", SETTINGS])):
            url, port = watched_at()
            with background("run_worker", *more, **env | {"WORKER_METRICS_PORT": port, "METRICS_TOKEN": TOKEN}):
                wait_until(lambda url=url: answers(f"{url}/health"), "the worker to answer")
                assert requests.get(f"{url}/metrics", timeout=10).status_code == 404
                assert requests.get(f"{url}/sign-in/", timeout=10).status_code == 404
                ready = f"{url}/ready"
                wait_until(lambda ready=ready: requests.get(ready, timeout=10).json()["checks"]["worker"] == "ok", "it")
                assert value(metrics_of(url, headers=SHOWN), "pipelines_check_ok", check="database") == 1


def watched_at() -> tuple[str, str]:
    port = free_port()
    return f"http://127.0.0.1:{port}", str(port)


def test_a_taken_port_is_a_sentence_and_the_worker_works(tmp_path: Path) -> None:
    with portal(tmp_path, "http://127.0.0.1:9/api/v1") as running:
        taken = running.url.rpartition(":")[2]
        with background("run_worker", **running.env | {"WORKER_METRICS_PORT": taken}):
            wait_until(
                lambda: requests.get(f"{running.url}/ready", timeout=10).json()["checks"]["worker"] == "ok",
                "the worker's first word",
            )
