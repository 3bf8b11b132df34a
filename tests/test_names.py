"""One word links a URL's name and its view: whoever knows one finds the other."""

import re
from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse

NOUNS = {
    "keys": "key",
    "workflows": "workflow",
    "tasks": "task",
    "new_task": "task",
    "submissions": "submission",
    "uploads": "upload",
    "imports": "import",
    "sheets": "sheet",
    "attention": "group",
    "rules": "rule",
    "lists": "list",
    "drafts": "draft",
    "overview": "overview",
    "people": "person",
    "notifications": "notification",
    "system": "system",
}


def named_urls(resolver: URLResolver, app: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from named_urls(pattern, pattern.app_name or app)
        elif pattern.name:
            yield app, pattern


# By these names django-allauth looks for pages that are ours.
OTHER_NAMES = {"account_login": "accounts:sign_in", "mfa_authenticate": "accounts:two_step"}


def name_of_view(pattern: URLPattern) -> str:
    view = getattr(pattern.callback, "view_class", pattern.callback)
    return re.sub(r"(?<!^)(?=[A-Z])", "_", view.__name__).lower()


def test_views_have_the_names_of_their_urls() -> None:
    names = [
        (f"{app}:{pattern.name}", name_of_view(pattern), (pattern.name, f"{NOUNS.get(app)}_{pattern.name}"))
        for app, pattern in named_urls(get_resolver())
        if pattern.name not in OTHER_NAMES
    ]
    assert len(names) > 150
    assert [url for url, view, expected in names if view not in expected] == []


@pytest.mark.parametrize(("name", "ours"), OTHER_NAMES.items())
def test_a_name_of_a_librarys_leads_to_our_page(name: str, ours: str) -> None:
    assert resolve(reverse(name)).view_name == ours
