"""The state of the API that the portal works with: what /ready of our own External API answers."""

import json
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

from pipelines_portal.core.connections import failure_reason, is_certificate_error
from pipelines_portal.core.http_deadlines import exchange
from pipelines_portal.core.http_sessions import new_session
from pipelines_portal.core.probes import OK as FINE
from pipelines_portal.core.web_addresses import origin_of, redirect_target
from pipelines_portal.system.deadlines import within
from pipelines_portal.system.rows import OK, PROBLEM, Row, SystemSection

TIMEOUT, DEADLINE = 2.0, 3.0
LARGEST_ANSWER, MOST_CHECKS, LONGEST_STATE = 64 * 1024, 10, 300
GUIDE = "administrators/troubleshooting"


class _Redirected(Exception):
    pass


def is_own_api() -> bool:
    """Return whether the API belongs to this installation: only then may it see METRICS_TOKEN."""
    if settings.PIPELINES_API_URL == settings.EMBEDDED_API_URL:
        return True
    hosts = [host for host in settings.ALLOWED_HOSTS if host != "*"]
    return validate_host(urlsplit(settings.PIPELINES_API_URL).hostname or "", hosts)


def external_api_section() -> SystemSection:
    """Return the state of the External API. It takes at most three seconds, whatever answers."""
    if not is_own_api():
        return _section(Row("Hosted Pipelines API", settings.PIPELINES_API_URL))
    try:
        checks = within(DEADLINE, _read_checks)
    except TimeoutError:
        return _section(_silent(f"no answer within {DEADLINE:.0f} seconds"))
    except OSError as error:
        if is_certificate_error(error):
            return _section(
                _silent(
                    failure_reason(error),
                    "Renew the certificate, or set CA_FILE to your company’s certificate authority.",
                    "administrators/certificates",
                )
            )
        return _section(_silent(failure_reason(error)))
    except Exception as error:
        return _section(_silent(str(error) if isinstance(error, _Redirected) else "an unexpected answer"))
    return _section(Row("Address", settings.PIPELINES_API_URL, OK), *(_check(name, checks[name]) for name in checks))


def _section(*rows: Row) -> SystemSection:
    return SystemSection("external-api", "External API", rows)


def _silent(
    reason: str, advice: str = "Check that the External API runs, and read its log.", guide: str = GUIDE
) -> Row:
    value = f"{settings.PIPELINES_API_URL}: {reason}"
    return Row("Address", value, PROBLEM, advice=advice, guide=guide)


def _read_checks() -> dict[str, str]:
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    if settings.METRICS_TOKEN:
        headers["Authorization"] = f"Bearer {settings.METRICS_TOKEN}"
    url = f"{origin_of(settings.PIPELINES_API_URL)}/ready"
    options: dict[str, Any] = {"headers": headers, "timeout": TIMEOUT, "allow_redirects": False, "stream": True}
    # A little longer than the page waits, whose words then say for how long.
    with exchange(DEADLINE + 1), new_session() as session, session.get(url, **options) as response:
        if 300 <= response.status_code < 400:
            raise _Redirected(f"redirects to {redirect_target(url, response.headers.get('Location', ''))}")
        body = response.raw.read(LARGEST_ANSWER)
    checks: dict[str, Any] = json.loads(body)["checks"]
    return {str(name)[:40]: str(state)[:LONGEST_STATE] for name, state in list(checks.items())[:MOST_CHECKS]}


def _check(name: str, state: str) -> Row:
    if state == FINE:
        return Row(name.capitalize(), "OK", OK)
    advice = "Set METRICS_TOKEN for both programs to see the reason here." if state == "failed" else state
    return Row(name.capitalize(), "Failed", PROBLEM, advice=advice, guide=GUIDE)
