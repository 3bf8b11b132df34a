"""What it costs to be watched: CPU time of a request with and without counting it and giving it a name.

Both stand before the same small answer, in turns within one run, and the best of each counts. Fails above the limit:
  the difference, by the defaults, and with a line of JSON for each request     at most 0.1 ms a request
"""

import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ |= {
    "DATA_DIR": tempfile.mkdtemp(prefix="bench-figures-"),
    "DJANGO_SETTINGS_MODULE": "pipelines_portal.settings",
}

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.handlers.exception import convert_exception_to_response  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.test import RequestFactory  # noqa: E402
from django.urls import ResolverMatch  # noqa: E402
from django.utils.module_loading import import_string  # noqa: E402

from pipelines_portal.shared.log_lines import JsonFormatter  # noqa: E402

REQUESTS, TURNS = 2000, 7
MOST_MS = 0.1
View = Callable[[Any], Any]


def page(request: HttpRequest) -> HttpResponse:
    request.resolver_match = ResolverMatch(page, (), {}, url_name="list", namespaces=["tasks"])
    return HttpResponse("Hello")


def watched(view: View) -> View:
    """As Django puts middleware around a view."""
    for path in reversed(settings.WATCHED_MIDDLEWARE):
        view = convert_exception_to_response(import_string(path)(view))
    return view


def cpu_ms(view: View) -> float:
    """Of one request, the making of the request included in both."""
    factory = RequestFactory()
    requests = [factory.get("/keys/1/workflows/42/tasks/") for _ in range(REQUESTS)]
    began = time.process_time()
    for request in requests:
        view(request)
    return (time.process_time() - began) / REQUESTS * 1000


def difference(view: View) -> tuple[float, float]:
    """The best of each, in turns: milliseconds without, and what being watched adds."""
    turns = [(cpu_ms(page), cpu_ms(view)) for _ in range(TURNS)]
    plain, more = min(one for one, _ in turns), min(other for _, other in turns)
    return plain, more - plain


def with_lines() -> View:
    settings.LOG_FORMAT = "json"
    handler = logging.StreamHandler(StringIO())
    handler.setFormatter(JsonFormatter("portal"))
    handler.filters = logging.getLogger().handlers[0].filters
    logging.getLogger().handlers = [handler]
    return watched(page)


def by_default() -> View:
    return watched(page)


def main() -> None:
    missed: list[str] = []
    for name, made in (("defaults", by_default), ("JSON lines", with_lines)):
        plain, more = difference(made())
        print(f"{name}: {more:.4f} ms a request more than {plain:.4f}; {more / MOST_MS:.2f} of the limit")
        missed += [name] * (more > MOST_MS)
    sys.exit(f"Missed: {', '.join(missed)}" if missed else 0)


if __name__ == "__main__":
    main()
