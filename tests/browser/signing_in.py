"""Signing in: with a password, as people do, or with a session that is there already."""

from typing import Any

from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page

from tests.live import Portal


def sign_in(page: Page, email: str, password: str, *, at: str = "") -> None:
    """At the portal of that URL, or of the page's own context."""
    page.goto(f"{at}/sign-in/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def signed_in_context(browser: Browser, portal: Portal, **options: Any) -> BrowserContext:
    """Of the person who was there first, in a session of its own: a password costs half a second of a core."""
    context = browser.new_context(**options)
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": portal.run("sign_in"), "url": portal.url}])
    return context
