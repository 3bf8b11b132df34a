"""The pages of watchers for a program that serves no others: a worker, in a container of its own."""

import logging
from threading import Thread
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse, HttpResponseNotFound
from waitress.server import create_server

from pipelines_portal.shared import environment

from .middleware import PAGES, answer

logger = logging.getLogger(__name__)
NOT_SERVED = (
    "WORKER_METRICS_PORT: %s:%s cannot be listened on (%s). The worker works, and nobody can watch it there. Set "
    "another port, or none where it shares DATA_DIR and machine with its web process."
)


def serve_beside() -> None:
    """In a thread, at WORKER_METRICS_PORT, when there is one."""
    if not settings.WORKER_METRICS_PORT:
        return
    host, port = environment.bind(environment.load_env()), settings.WORKER_METRICS_PORT
    try:
        server = create_server(application, map={}, host=host, port=port, threads=2, ident=None)
    except OSError as error:
        logger.error(NOT_SERVED, host, port, error.strerror)
        return
    Thread(target=server.run, name="watched", daemon=True).start()


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    request = WSGIRequest(environ)
    page = PAGES.get(request.path)
    response: HttpResponse = answer(page, request) if page else HttpResponseNotFound("Not found\n")
    start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
    return [] if request.method == "HEAD" else [response.content]
