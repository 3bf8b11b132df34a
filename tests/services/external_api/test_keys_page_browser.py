"""The pages of organizations in a browser: copying and accessibility, in narrow windows and dark colours."""

import base64
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.utils import timezone
from playwright.sync_api import Browser, Page

from pipelines_portal.external_api.models import OrganizationKey, Person, Workflow
from pipelines_portal.external_api.organizations.keys import create_key
from pipelines_portal.external_api.organizations.people import add_person
from tests.external_api.factories import Tenant, make_person
from tests.external_api.people import PASSWORD
from tests.external_api.server import Server

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    context = browser.new_context(viewport=WIDE, base_url=server.url)
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.url)
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.append(message.text) if "Content Security" in message.text else None)
    yield page
    context.close()
    assert troubles == []


def sign_in(page: Page, tenant: Tenant) -> None:
    page.goto("/sign-in")
    page.get_by_label("Email").fill(tenant.admin.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/organization-keys/*/")


def fill_table(tenant: Tenant) -> None:
    now = timezone.now()
    for name, changes in {
        "Nightly import": {"last_used_at": now - timedelta(minutes=5)},
        "A rather long name for a key that somebody wanted to be exact about": {"created_by": None},
        "Expired one": {"expires_at": now - timedelta(days=2)},
        "Revoked one": {"revoked_at": now - timedelta(days=1)},
    }.items():
        key, _ = create_key(tenant.organization, name, "1y", tenant.admin)
        OrganizationKey.objects.filter(pk=key.pk).update(**changes)


def check_page(page: Page, name: str) -> None:
    """Check the accessibility of a page. Save a picture of it if the environment has SCREENSHOTS, a folder."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} scrolls sideways"


def test_a_key_is_created_copied_extended_and_revoked(page: Page, tenant: Tenant) -> None:
    """S31, S35, S39, S42: all actions work with the mouse."""
    sign_in(page, tenant)
    page.get_by_role("link", name="Create key").click()
    page.get_by_label("Key name").fill("Nightly import")
    page.get_by_label("1 year").check()
    page.get_by_role("button", name="Create key").click()
    shown = page.get_by_label("API key", exact=True).input_value()
    page.get_by_role("button", name="Copy key").click()
    page.get_by_text("Copied", exact=True).wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == shown
    page.get_by_role("link", name="Done").click()
    page.get_by_role("link", name="Change expiry of Nightly import").click()
    page.get_by_label("No expiry").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("“Nightly import” never expires").wait_for()
    page.get_by_role("link", name="Revoke Nightly import").click()
    page.get_by_role("button", name="Revoke key").click()
    page.get_by_text("Key “Nightly import” revoked").wait_for()
    assert shown not in page.content()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_page_is_accessible(page: Page, tenant: Tenant, scheme: str, viewport: dict[str, int]) -> None:
    """S30 to S46: axe finds no violations, and no page scrolls sideways."""
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(viewport)
    fill_table(tenant)
    kind = f"{scheme}-{viewport['width']}"
    page.goto("/sign-in")
    check_page(page, f"sign-in-{kind}")
    sign_in(page, tenant)
    home = page.url
    check_page(page, f"list-{kind}")
    page.goto(f"{home}new")
    page.get_by_role("button", name="Create key").click()
    check_page(page, f"create-errors-{kind}")
    page.get_by_label("Key name").fill("New")
    page.get_by_role("button", name="Create key").click()
    page.get_by_label("API key", exact=True).wait_for()
    check_page(page, f"created-{kind}")
    for tail in ("expiry", "revoke"):
        page.goto(f"{home}{tenant.api_key.pk}/{tail}")
        check_page(page, f"{tail}-{kind}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_pages_of_workflows_and_people_are_accessible(
    page: Page, tenant: Tenant, scheme: str, viewport: dict[str, int]
) -> None:
    """Also with errors, with a link for a password, and when another admin was faster."""
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(viewport)
    kind = f"{scheme}-{viewport['width']}"
    Person.objects.filter(pk=tenant.admin.pk).update(may_add_organizations=True)
    workflow = tenant.workflow()
    member = make_person("member", tenant.organization)
    add_person(tenant.organization, make_person().email, "member")
    page.goto("/sign-in")
    page.get_by_label("Email").fill(tenant.admin.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Add organization").wait_for()
    check_page(page, f"organizations-{kind}")
    home = f"/organization-keys/{tenant.organization.pk}/"
    for path in ("add", f"{tenant.organization.pk}/rename"):
        page.goto(f"/organization-keys/{path}")
        page.get_by_label("Organization name").fill("")
        page.locator("button.primary").click()
        page.get_by_text("This field is required.").wait_for()
        check_page(page, f"{path.rpartition('/')[2]}-{kind}")
    page.goto(f"{home}workflows")
    check_page(page, f"workflows-{kind}")
    page.goto(f"{home}workflows/new")
    check_page(page, f"workflow-new-{kind}")
    page.get_by_label("Title").first.fill("Kind")
    page.get_by_role("button", name="Add workflow").click()
    page.get_by_text("Has errors").wait_for()
    check_page(page, f"workflow-errors-{kind}")
    page.goto(f"{home}workflows/{workflow.pk}")
    check_page(page, f"workflow-{kind}")
    Workflow.objects.filter(pk=workflow.pk).update(name="Renamed by another")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Someone changed this workflow").wait_for()
    check_page(page, f"workflow-stale-{kind}")
    page.goto(f"{home}people")
    check_page(page, f"people-{kind}")
    page.get_by_label("Email").fill(f"new-{tenant.organization.pk}-{kind}@example.com")
    page.get_by_role("button", name="Add person").click()
    page.get_by_role("button", name="Copy link").wait_for()
    check_page(page, f"people-added-{kind}")
    link = page.get_by_label("Link for").input_value()
    page.get_by_role("row", name=tenant.admin.email).get_by_role("button", name="Make member").click()
    page.get_by_text("Not changed").wait_for()
    check_page(page, f"people-last-admin-{kind}")
    page.goto(f"{home}people/{member.pk}/remove")
    check_page(page, f"person-remove-{kind}")
    page.goto(f"{home}people/{member.pk}/password-link")
    check_page(page, f"password-link-{kind}")
    page.get_by_role("button", name="Create link").click()
    page.get_by_role("button", name="Copy link").wait_for()
    check_page(page, f"password-link-made-{kind}")
    page.goto("/password")
    page.locator("button.primary").click()
    check_page(page, f"password-{kind}")
    check_two_step(page, tenant, kind)
    page.goto(link)
    check_page(page, f"password-choose-{kind}")
    page.goto("/choose-password")
    check_page(page, f"password-refused-{kind}")


def check_two_step(page: Page, tenant: Tenant, kind: str) -> None:
    """Set up two-step verification and sign in with a code, which ends the session of the page before."""
    page.goto("/two-step")
    secret = base64.b32decode(page.locator("main code").inner_text().replace(" ", ""))
    page.get_by_role("button", name="Turn on").click()
    check_page(page, f"two-step-errors-{kind}")
    app = TOTP(secret, 6, SHA1(), 30)
    now = time.time()
    page.get_by_label("Verification code").fill(app.generate(int(now)).decode())
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_role("button", name="Turn on").click()
    check_page(page, f"two-step-codes-{kind}")
    page.get_by_role("link", name="Done").wait_for()
    page.goto("/two-step")
    check_page(page, f"two-step-on-{kind}")
    page.get_by_role("link", name="Turn off").click()
    check_page(page, f"two-step-remove-{kind}")
    page.context.clear_cookies()
    page.goto("/sign-in?next=/two-step")
    page.get_by_label("Email").fill(tenant.admin.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Two-step verification").wait_for()
    check_page(page, f"sign-in-code-{kind}")
    page.get_by_label("Code").fill(app.generate(int(now) + 30).decode())
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("On since").wait_for()


def test_fields_are_added_and_ordered(page: Page, tenant: Tenant) -> None:
    """Enter saves, and "Add field" keeps what was typed and shows the next blank row."""
    sign_in(page, tenant)
    page.get_by_role("link", name="Workflows").click()
    page.get_by_role("link", name="Add workflow").click()
    page.locator("#id_workflow-name").fill("Reviews")
    page.locator("#id_fields-0-name").fill("stars")
    page.locator("#id_fields-0-title").fill("Stars")
    page.get_by_role("button", name="Add field").click()
    page.wait_for_url("**#new-field")
    page.locator("#id_fields-1-name").fill("text")
    page.locator("#id_fields-1-ORDER").fill("1")
    page.locator("#id_fields-1-title").fill("Text")
    page.locator("#id_fields-1-title").press("Enter")
    page.get_by_text("“Reviews” added").first.wait_for()
    (workflow,) = tenant.organization.workflows.all()
    assert [field["title"] for field in workflow.fields] == ["Text", "Stars"]
