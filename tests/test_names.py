"""One word links a URL's name and its view: whoever knows one finds the other."""

import re
from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

NOUNS = {
    "saved_keys": "key",
    "workflows": "workflow",
    "tasks": "task",
    "submissions": "submission",
    "uploads": "upload",
    "people": "person",
}


def named_urls(resolver: URLResolver, app: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from named_urls(pattern, pattern.app_name or app)
        elif pattern.name:
            yield app, pattern


def name_of_view(pattern: URLPattern) -> str:
    view = getattr(pattern.callback, "view_class", pattern.callback)
    return re.sub(r"(?<!^)(?=[A-Z])", "_", view.__name__).lower()


@pytest.mark.parametrize(
    ("app", "pattern"),
    [pytest.param(app, pattern, id=f"{app}:{pattern.name}") for app, pattern in named_urls(get_resolver())],
)
def test_a_view_is_called_as_its_url(app: str, pattern: URLPattern) -> None:
    assert name_of_view(pattern) in (pattern.name, f"{NOUNS.get(app)}_{pattern.name}")
