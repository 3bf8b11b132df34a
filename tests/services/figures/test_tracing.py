"""What goes to OpenTelemetry and to Sentry: nothing at all unless asked for, and never a key or what was typed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests import databases, samples, starting
from tests.live import Portal, external_api, portal, wait_until

from .conftest import EMAIL, PASSWORD
from .receiver import receiver

pytestmark = pytest.mark.full

LOADED = """
import os, sys
import django
from django.core.management import execute_from_command_line
sys.argv = ["manage.py", "check"]
execute_from_command_line(sys.argv)
print(sorted({name.partition(".")[0] for name in sys.modules} & {"sentry_sdk", "opentelemetry"}))
"""
TYPED = "a-word-that-somebody-typed"
LINK = "let-me-in-0123456789"
BROWSER, ADDRESS = "a-browser-of-somebody", "203.0.113.77"
# What a page of others that has Sentry, too, or anybody, may have told along.
FROM_ANOTHER = {
    "sentry-trace": f"{'7a' * 16}-{'1b' * 8}-1",
    "baggage": f"sentry-trace_id={'7a' * 16},sentry-public_key={TYPED},sentry-user_id={TYPED}",
}
# An environment that asks for all that the libraries can tell, by the old names and by the new ones.
EVERYTHING = {
    f"OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_{side}_{way}": ".*"
    for side in ("SERVER", "CLIENT")
    for way in ("REQUEST", "RESPONSE")
} | {"OTEL_SEMCONV_STABILITY_OPT_IN": "http/dup", "OTEL_PYTHON_DJANGO_TRACED_REQUEST_ATTRS": "user,COOKIES,META"}


@pytest.mark.parametrize("settings", ["pipelines_portal.settings", "pipelines_portal.external_api.settings"])
def test_neither_is_loaded_unless_asked_for(settings: str, tmp_path: Path) -> None:
    script = tmp_path / "loaded.py"
    script.write_text(LOADED)
    env = {"DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": settings, "PYTHONPATH": str(starting.PROJECT)}
    assert loaded_by(script, env) == "[]"
    asked = env | {"SENTRY_DSN": "http://key@127.0.0.1:9/1", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    assert loaded_by(script, asked) == "['opentelemetry', 'sentry_sdk']"


def loaded_by(script: Path, env: dict[str, str]) -> str:
    """In a process that begins with nothing: tests fork theirs of one that has all libraries."""
    done = subprocess.run([sys.executable, str(script)], env=env, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("name", "library"), [("SENTRY_DSN", "sentry_sdk"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "opentelemetry")]
)
def test_what_is_not_installed_is_a_sentence(name: str, library: str, tmp_path: Path) -> None:
    (tmp_path / "without.py").write_text(
        f"import sys, runpy\nsys.modules[{library!r}] = None\nsys.argv = ['manage.py', 'check']\n"
        "runpy.run_path('manage.py', run_name='__main__')\n"
    )
    env = {"DATA_DIR": str(tmp_path), name: "http://key@127.0.0.1:9/1", "PYTHONPATH": str(starting.PROJECT)}
    done = starting.run(str(tmp_path / "without.py"), env=env, check=False)
    assert done.returncode
    assert done.stderr.strip() == (
        f"{name} is set, and what it needs is not installed: bin/install requirements-observability.txt"
    )


def fail(running: Portal) -> str:
    """An error nobody foresaw, of a page to which somebody posts; what the request was called."""
    person = running.sign_in(EMAIL, PASSWORD)
    form = {"csrfmiddlewaretoken": person.cookies[settings.CSRF_COOKIE_NAME], "name": TYPED}
    databases.ask(running.env["DATABASE_URL"], "ALTER TABLE saved_keys_savedkey RENAME TO gone")
    page = f"{running.url}/keys/1/rename/?q={TYPED}"
    answer = person.post(page, data=form, headers={"Referer": running.url} | FROM_ANOTHER, timeout=30)
    assert answer.status_code == 500
    named = answer.headers["X-Request-Id"]
    assert named in answer.text
    person.get(f"{running.url}/invitation/{LINK}/", timeout=30)
    return named


def test_an_error_arrives_without_what_was_sent_and_by_whom(tmp_path: Path) -> None:
    key = "pk_live_" + "5ec4e7" * 6 + "abcd"
    with receiver() as sentry:
        dsn = sentry.url.replace("http://", "http://public@") + "/1"
        with portal(tmp_path, "http://127.0.0.1:9/api/v1", SENTRY_DSN=dsn) as running:
            running.run("make_person_with_key", email=EMAIL, password=PASSWORD, key=key, workflow_id=42)
            named = fail(running)
            wait_until(lambda: sentry.to("/envelope/"), "the error to arrive")
            session = running.run("sign_in")
    told = b"".join(sentry.to("/envelope/"))
    assert (
        (b"OperationalError" in told or b"ProgrammingError" in told)
        and named.encode() in told
        and b"/keys/1/rename/" in told
    )
    words = "saved_keys_savedkey"  # of the error: the table that is not there, as it may be what somebody typed
    for secret in (key, key[8:30], TYPED, EMAIL, PASSWORD, session, LINK, "csrftoken", "Cookie", words):
        assert secret.encode() not in told, secret


def test_a_call_that_failed_is_told_without_the_words_of_the_failure(tmp_path: Path) -> None:
    """They have the address as it was asked for, with all that is behind its question mark."""
    with receiver() as collector:
        env = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "200"}
        with portal(tmp_path, "http://127.0.0.1:9/api/v1", **env) as running:
            running.run(
                "make_person_with_key", email=EMAIL, password=PASSWORD, key="pk_live_" + "5e" * 20, workflow_id=42
            )
            person = running.sign_in(EMAIL, PASSWORD)
            person.get(f"{running.url}/keys/1/workflows/42/tasks/?cursor={TYPED}", timeout=30)
            wait_until(lambda: any(b"exception.type" in body for body in collector.to("/v1/traces")), "the failure")
    told = b"".join(collector.to("/v1/traces"))
    assert b"ConnectionError" in told
    assert TYPED.encode() not in told and b"exception.message" not in told and b"exception.stacktrace" not in told


def attributes_in(body: bytes) -> dict[str, str]:
    """Of all spans: a value by each name."""
    groups = [group for resource in ExportTraceServiceRequest.FromString(body).resource_spans
              for group in resource.scope_spans]  # fmt: skip
    return {told.key: told.value.string_value for group in groups for span in group.spans for told in span.attributes}


def test_spans_of_both_programs_are_one_trace_and_tell_nothing_of_people(tmp_path: Path) -> None:
    """Whatever the environment asks the libraries to tell."""
    with receiver() as collector:
        env = EVERYTHING | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "200"}
        with (
            external_api(tmp_path / "api", **env) as api,
            portal(tmp_path / "portal", api.url, TRUSTED_PROXIES="127.0.0.1", **env) as running,
        ):
            api.load(samples.organization("Acme", samples.workflow(42)))
            key = api.new_key("Acme")
            running.run("make_person_with_key", email=EMAIL, password=PASSWORD, key=key, workflow_id=42)
            person = running.sign_in(EMAIL, PASSWORD)
            person.headers.update(
                {"User-Agent": BROWSER, "X-Forwarded-For": ADDRESS, "Referer": f"{running.url}/{TYPED}"}
            )
            answer = person.get(f"{running.url}/keys/1/workflows/42/tasks/?q={TYPED}", timeout=30)
            person.get(f"{running.url}/invitation/{LINK}/", timeout=30)
            named = answer.headers["X-Request-Id"].encode()
            wait_until(lambda: any(b"external_api" in body for body in collector.to("/v1/traces")), "the API's spans")
            wait_until(lambda: any(b"invitation" in body for body in collector.to("/v1/traces")), "the portal's spans")
    bodies = collector.to("/v1/traces")
    told = b"".join(bodies)
    assert told.count(named) >= 3  # the page, its call, and the API's answer to that
    for secret in (key, key[8:30], TYPED, EMAIL, LINK, BROWSER, ADDRESS, person.cookies[settings.SESSION_COOKIE_NAME]):
        assert secret.encode() not in told, secret
    names = set().union(*(attributes_in(body) for body in bodies))
    assert {"url.path", "http.target", "http.route", "http.status_code", "pipelines.request_id"} <= names
    assert not [name for name in names if re.search(r"header|cookie|agent|client|peer|user|META", name, re.IGNORECASE)]
