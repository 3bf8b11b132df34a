"""Settings of both programs. Each imports all of them and adds its own."""

import os
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from pythonjsonlogger.core import RESERVED_ATTRS

from pipelines_portal.core import certificates, environment
from pipelines_portal.core.environment import BASE_DIR

env = environment.load_env()

DATA_DIR = environment.data_dir(env)
certificates.trust_authorities(env, "CA_FILE", DATA_DIR)
# `prepare` collects static files, except in an image, which contains them.
STATIC_IS_COLLECTED = (BASE_DIR / "collected").is_dir()
STATIC_DIR = BASE_DIR / "collected" if STATIC_IS_COLLECTED else DATA_DIR / "static"
PORT = environment.port(env, "PORT", 8000)
API_PORT = environment.port(env, "API_PORT", 8001)
# The names of the two programs. Most other addresses follow from them.
PORTAL_HOST = environment.host_name(env, "PORTAL_HOST")
API_HOST = environment.host_name(env, "API_HOST")
if PORTAL_HOST and PORTAL_HOST == API_HOST:
    raise ImproperlyConfigured(
        "PORTAL_HOST and API_HOST must be two names: a browser would not tell the programs apart."
    )
ALLOWED_HOSTS = environment.allowed_hosts(env)
PRODUCTION = environment.is_production(env)
# If the demo is off, its accounts are refused: their passwords are published.
DEMO_IS_ON = not environment.why_without_demo(env)
AUTHENTICATION_BACKENDS = ["pipelines_portal.core.demo_accounts.Backend"]
COMMON_PASSWORDS = "pipelines_portal/accounts/common-passwords.txt.gz"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {
        "NAME": "django.contrib.auth.password_validation.CommonPasswordValidator",
        # Most of Django's own list is shorter than the minimum above.
        "OPTIONS": {"password_list_path": BASE_DIR / COMMON_PASSWORDS},
    },
]
# How people reach the portal.
_LOCAL_URL = "" if PRODUCTION else f"http://localhost:{PORT}"
PORTAL_URL = environment.http_url(env, "PORTAL_URL", f"https://{PORTAL_HOST}" if PORTAL_HOST else _LOCAL_URL)
TRUSTED_PROXIES = environment.networks(env, "TRUSTED_PROXIES")
# The dotted name of a function that returns the link to the form for the first account, or "" if there are accounts.
FIRST_START = ""
WEB_THREADS = environment.web_threads(env)
# How long a request's body may take to arrive, except for an archive's.
BODY_SECONDS = 60.0
# The dotted name of a function that returns who sends a request. One sender may hold half of the threads for bodies.
BODY_SENDERS = ""
SESSION_IDLE_MINUTES = environment.whole_number(env, "SESSION_IDLE_MINUTES", 720, "a number of minutes", most=525_600)
SESSION_DAYS = environment.whole_number(env, "SESSION_DAYS", 14, "a number of days", most=365)
SESSION_COOKIE_AGE = SESSION_DAYS * 86_400

# The secret for reading metrics. Without it, only this machine may read them.
METRICS_TOKEN = environment.token(env, "METRICS_TOKEN", least=16)
WORKER_METRICS_PORT = environment.whole_number(env, "WORKER_METRICS_PORT", 0, "a port number", least=0, most=65535)
LOG_FORMAT = environment.one_of(env, "LOG_FORMAT", "line", "json")
# The External API's rate limits, counted for all of its processes together.
CACHE_URL = environment.redis_url(env, "CACHE_URL")
SENTRY_DSN = environment.sentry_dsn(env)
if SENTRY_DSN:
    try:
        from pipelines_portal.core.error_reports import report_errors
    except ModuleNotFoundError as error:
        raise ImproperlyConfigured(
            "SENTRY_DSN is set, and sentry-sdk is not installed: bin/install requirements-extras.txt"
        ) from error
    report_errors(SENTRY_DSN)
# If True, every caller may choose the ID of its request, not only those behind TRUSTED_PROXIES.
TAKES_REQUEST_IDS = False

# Background jobs wait in the database, and a worker of their program runs them.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

DEBUG = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True
STATIC_URL = "static/"
STATICFILES_DIRS: list[Path | tuple[str, Path]] = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "pipelines_portal.core.static_files.ModuleAwareStorage"},
}
MESSAGE_STORAGE = "pipelines_portal.core.http.messages.MessageStorage"
X_FRAME_OPTIONS = "DENY"
# Browsers accept a cookie with this prefix only from this host over HTTPS: no other host of the domain can set it.
COOKIE_PREFIX = "__Host-" if PRODUCTION else ""
if PRODUCTION:
    # TLS ends at a proxy in front that sets (and strips from clients) X-Forwarded-Proto.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
    # For subdomains and the preload list, the owner of the whole domain sets the header at the proxy.
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

# Before all others, so that monitoring needs no session, and refused requests are counted.
MONITORING_MIDDLEWARE = [
    "pipelines_portal.core.http.middleware.RequestIdMiddleware",
    "pipelines_portal.core.probes.ProbesMiddleware",
    "pipelines_portal.core.metrics.MetricsMiddleware",
]

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "fmt": ["asctime", "levelname", "name", "request_id", "message"],
            "datefmt": "%Y-%m-%dT%H:%M:%S%z",
            "rename_fields": {"asctime": "at", "levelname": "level", "name": "logger", "exc_info": "traceback"},
            # Django adds its request and others to some records.
            "reserved_attrs": [*RESERVED_ATTRS, "at_end", "request", "server_time", "status_code"],
            "json_ensure_ascii": False,
        },
        "line": {
            "format": "{asctime} {levelname} {name} {message}{at_end}",
            "datefmt": "%Y-%m-%dT%H:%M:%S%z",
            "style": "{",
        },
    },
    "filters": {
        "request_id": {"()": "pipelines_portal.core.log_lines.RequestId"},
        "without_traceback": {"()": "pipelines_portal.core.http.audit_log.WithoutTraceback"},
        "in_one_line": {"()": "pipelines_portal.core.database_errors.DatabaseErrorInOneLine"},
    },
    "handlers": {
        "console": {
            "class": "pipelines_portal.core.log_lines.Handler",
            "formatter": LOG_FORMAT,
            "filters": ["request_id"],
        },
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # Its warnings about malformed responses have tracebacks. The caller logs the same in a line.
        "urllib3": {"level": "ERROR"},
        "django.request": {"filters": ["in_one_line"]},
        "django.security.RequestDataTooBig": {"filters": ["without_traceback"]},
    },
}


def name_program(program: str) -> None:
    """Name the program in its log lines, and let its processes share their counters.

    The counters are files in RUNTIME_DIRECTORY, which must be in memory: on a full disk, counting would kill a process.
    Call this before prometheus_client is imported, because it reads PROMETHEUS_MULTIPROC_DIR then.
    """
    LOGGING["formatters"]["json"]["static_fields"] = {"program": program}
    folder = Path(os.environ.get("RUNTIME_DIRECTORY") or DATA_DIR) / "metrics" / program
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def secret_key(program: str) -> str:
    """Return SECRET_KEY or, outside production, a key that the program created on its first run."""
    file = DATA_DIR / f"{program}.secret_key"
    return environment.secret_key(env, file, production=PRODUCTION)


TAGS = [
    "django.templatetags.static",
    "pipelines_portal.core.templatetags.times",
    "pipelines_portal.core.templatetags.page_elements",
]


def templates(*context_processors: str) -> list[dict[str, Any]]:
    """Return the setting TEMPLATES with the tags of both programs and additional context processors."""
    processors = [
        "django.template.context_processors.request",
        "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
        *context_processors,
    ]
    return [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [BASE_DIR / "templates"],
            "APP_DIRS": True,
            "OPTIONS": {"builtins": TAGS, "context_processors": processors},
        }
    ]
