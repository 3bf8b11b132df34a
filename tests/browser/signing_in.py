"""Signing in with a password, as people do."""

from playwright.sync_api import Page


def sign_in(page: Page, email: str, password: str, *, at: str = "") -> None:
    """At the portal of that URL, or of the page's own context."""
    page.goto(f"{at}/sign-in/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
