"""Both programs as they run in earnest, the portal before the API."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests import samples
from tests.live import ExternalApi, Portal, external_api, portal

EMAIL, PASSWORD = "maria@acme.example", "a long enough one"
# Nothing listens there: a mail that was accepted is recorded by hand.
MAIL = "smtp://127.0.0.1:9"


@dataclass
class Both:
    portal: Portal
    api: ExternalApi
    key: str


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    folder = tmp_path_factory.mktemp("both")
    with external_api(folder / "api", WEB_CONCURRENCY="2") as api:
        api.load(samples.organization("Acme", samples.workflow(42)))
        key = api.new_key("Acme")
        with portal(folder / "portal", api.url, WEB_CONCURRENCY="2", EMAIL_URL=MAIL) as running:
            running.run("make_person_with_key", email=EMAIL, password=PASSWORD, key=key, workflow_id=42)
            yield Both(running, api, key)
