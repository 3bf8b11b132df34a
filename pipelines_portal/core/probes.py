"""The pages for monitoring: /health, /ready and /metrics.

Requests for them come by any host name or address, unencrypted and without a session, so a middleware answers them
before all others.
"""

import logging
import time
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.db.backends.utils import CursorWrapper
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseNotFound, JsonResponse
from django.utils.crypto import constant_time_compare
from django.utils.module_loading import import_string
from prometheus_client import CONTENT_TYPE_LATEST
from waitress.server import create_server

from pipelines_portal.core import environment, metrics
from pipelines_portal.core.connections import describe_failure
from pipelines_portal.core.database_errors import FULL, READ_ONLY, has_no_room, is_full, is_locked, is_read_only
from pipelines_portal.core.preparation import BEHIND, is_migrated

View = Callable[[HttpRequest], HttpResponse]
OK = "ok"
NO_ANSWER = "The database does not answer. The log of its server may say why."
FAILED = "The {} does not answer. The log says why."
# A proxy on this machine connects from loopback, too, but names the client.
PROXY_HEADERS = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_FORWARDED_PROTO", "HTTP_X_REAL_IP", "HTTP_VIA")
NO_STORE = {"Cache-Control": "no-store"}
NOT_SERVED = (
    "WORKER_METRICS_PORT: %s:%s cannot be listened on (%s). The worker works, but cannot be monitored there. Set "
    "another port, or none if the worker shares DATA_DIR and machine with its web process."
)
logger = logging.getLogger(__name__)
# Whether all migrations are there is looked up so often.
MIGRATIONS_KNOWN_FOR = 30.0
_migrated_until = 0.0


class NotReady(str):
    """What a check says if the program cannot do its work at all: /ready answers 503."""


def health(request: HttpRequest) -> HttpResponse:
    """Answer without any check: a restart would not repair a failing database."""
    return JsonResponse({"status": OK})


def ready(request: HttpRequest) -> HttpResponse:
    """Answer 503 while the database is not ready. Only those who may read the metrics see what is wrong."""
    states = check_all()
    is_ready = states["database"] == OK and not any(isinstance(state, NotReady) for state in states.values())
    if not may_read_metrics(request):
        states = {name: state if state == OK else "failed" for name, state in states.items()}
    body = {"status": OK if is_ready else "failed", "checks": states}
    return JsonResponse(body, status=200 if is_ready else 503, headers=NO_STORE)


def metrics_page(request: HttpRequest) -> HttpResponse:
    if not may_read_metrics(request):
        return HttpResponseNotFound("Not found\n", content_type="text/plain")
    return HttpResponse(metrics.render_metrics(check_all()), content_type=CONTENT_TYPE_LATEST, headers=NO_STORE)


def may_read_metrics(request: HttpRequest) -> bool:
    """Return True for requests with METRICS_TOKEN or, if it is not set, for those from this machine."""
    if settings.METRICS_TOKEN:
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        return scheme.lower() == "bearer" and constant_time_compare(token.strip(), settings.METRICS_TOKEN)
    try:
        is_local = ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
    return is_local and not any(name in request.META for name in PROXY_HEADERS)


def check_all() -> dict[str, str]:
    """Return OK or a sentence for the database and, if it is ready, for each of settings.CHECKS.

    All processes share what the others check, and most requests need none of it, so they decide only as NotReady.
    """
    states = {"database": check_database()}
    if states["database"] == OK:
        for path in settings.CHECKS:
            name = path.rpartition(".")[2]
            try:
                state = import_string(path)()
            except Exception as error:
                logger.warning("The check of the %s failed (%s)", name, describe_failure(error))
                state = FAILED.format(name)
            if state is not None:
                states[name] = state
    return states


def check_database() -> str:
    """Return OK if the database answers, can be written and has all migrations."""
    global _migrated_until
    now = time.monotonic()
    try:
        has_all = now < _migrated_until or is_migrated()
        with connection.cursor() as cursor:
            problem = _why_not_writable(cursor)
    except (DatabaseError, InterfaceError) as error:
        logger.warning("The check of the %s failed (%s)", "database", type(error).__name__)
        return FULL if is_full(error) else READ_ONLY if is_read_only(error) else NO_ANSWER
    if problem:
        return problem
    _migrated_until = now + MIGRATIONS_KNOWN_FOR if has_all else 0.0
    return OK if has_all else BEHIND


def _why_not_writable(cursor: CursorWrapper) -> str:
    """Return why nothing can be written, or "". Raise the error of a database that refuses to begin a transaction."""
    if connection.vendor == "postgresql":
        cursor.execute("SHOW transaction_read_only")
        return READ_ONLY if cursor.fetchone() == ("on",) else ""
    if has_no_room(Path(connection.settings_dict["NAME"]).parent):
        return FULL
    try:
        _begin_to_write(cursor)
    except OperationalError as error:
        if not is_locked(error):  # else somebody is writing
            raise
    return ""


def _begin_to_write(cursor: CursorWrapper) -> None:
    """Take SQLite's lock for writing, and give it back at once. Do not wait for it."""
    if connection.in_atomic_block:
        return
    cursor.execute("PRAGMA busy_timeout")
    [milliseconds] = cursor.fetchone()
    cursor.execute("PRAGMA busy_timeout = 0")
    try:
        cursor.execute("BEGIN IMMEDIATE")
        cursor.execute("ROLLBACK")
    finally:
        cursor.execute(f"PRAGMA busy_timeout = {int(milliseconds)}")


PAGES: dict[str, View] = {"/health": health, "/ready": ready, "/metrics": metrics_page}


class ProbesMiddleware:
    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return _answer(request) if request.path in PAGES else self.get_response(request)


def _answer(request: HttpRequest) -> HttpResponse:
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    response = PAGES[request.path](request)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Length"] = str(len(response.content))
    return response


def serve_probes() -> None:
    """Serve the pages of a worker, which has no others, in a thread at WORKER_METRICS_PORT."""
    if not settings.WORKER_METRICS_PORT:
        return
    host, port = environment.bind(environment.load_env()), settings.WORKER_METRICS_PORT
    try:
        server = create_server(_application, map={}, host=host, port=port, threads=2, ident=None)
    except OSError as error:
        logger.error(NOT_SERVED, host, port, error.strerror)
        return
    Thread(target=server.run, name="probes", daemon=True).start()


def _application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    request = WSGIRequest(environ)
    response = _answer(request) if request.path in PAGES else HttpResponseNotFound("Not found\n")
    start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
    return [] if request.method == "HEAD" else [response.content]
