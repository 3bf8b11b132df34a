"""The first start of a server whose database is empty."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from pipelines_portal.core.first_start import setup_code
from tests.external_api.people import Visitor
from tests.external_api.server import Server, manage
from tests.services.external_api.conftest import RunServer
from tests.services.external_api.crowd import crowd
from tests.services.external_api.test_keys_page_browser import NARROW, WIDE, check_page

PASSWORD = "correct horse battery"
COUNT = """
from pipelines_portal.external_api.models import Organization, OrganizationKey, Person
numbers = [model.objects.count() for model in (Person, Organization, OrganizationKey)]
print("people: {}, organizations: {}, keys: {}".format(*numbers))
"""


@pytest.fixture
def empty_server(run_server: RunServer, tmp_path: Path) -> Iterator[Server]:
    url = f"sqlite:///{tmp_path}/empty.sqlite3"
    manage("prepare", EXTERNAL_API_DATABASE_URL=url)
    with run_server(EXTERNAL_API_DATABASE_URL=url) as running:
        yield running


def typed(number: int) -> dict[str, str]:
    return {"email": f"p{number}@example.com", "password": PASSWORD, "organization-name": f"Organization {number}"}


def set_up_at_once(server: Server, database: str) -> None:
    """Send the form from several clients at the same moment: one sees a key, the others that setup is finished."""

    def send(client: Server, number: int) -> tuple[int, bool]:
        visitor = Visitor(client)
        page = visitor.get(f"/setup?code={setup_code()}")
        answer = visitor.submit(page, typed(number), to="/setup")
        return answer.status_code, "pk_live_" in answer.text

    assert sorted(crowd(server, send, threads=6)) == [(200, True), *[(410, False)] * 5]
    people = manage("shell", "-c", COUNT, EXTERNAL_API_DATABASE_URL=database)
    assert people.stdout.strip().endswith("people: 1, organizations: 1, keys: 1")


def test_simultaneous_setups_make_one_first_person(empty_server: Server, tmp_path: Path) -> None:
    set_up_at_once(empty_server, f"sqlite:///{tmp_path}/empty.sqlite3")


def test_setup_leads_to_a_key(empty_server: Server, browser: Browser) -> None:
    """All pages on the way are accessible, light and dark, wide and narrow."""
    context = browser.new_context(base_url=empty_server.url)
    page = context.new_page()
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text) if "Content Security" in message.text else None)
    for scheme in ("light", "dark"):
        for viewport in (WIDE, NARROW):
            kind = f"{scheme}-{viewport['width']}"
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size(viewport)
            page.goto("/setup")
            check_page(page, f"setup-refused-{kind}")
            page.goto(f"/setup?code={setup_code()}")
            check_page(page, f"setup-{kind}")
            page.get_by_role("button", name="Set up").click()
            page.get_by_text("Not set up yet").wait_for()
            check_page(page, f"setup-errors-{kind}")
    page.get_by_label("Email").fill("first@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Organization name").fill("Acme Labeling")
    page.get_by_role("button", name="Set up").click()
    page.get_by_role("heading", name="Key created").wait_for()
    check_page(page, "setup-key-created")
    page.get_by_role("link", name="Done").click()
    page.get_by_role("link", name="Workflows").click()
    page.get_by_role("link", name="First workflow").wait_for()
    page.goto("/setup")
    page.get_by_role("heading", name="Setup is finished").wait_for()
    check_page(page, "setup-finished")
    assert troubles == []
    context.close()
