"""The External API's settings. Every environment variable it reads is read here."""

from pipelines_portal.core import environment
from pipelines_portal.core.encryption import derived_key
from pipelines_portal.core.web_addresses import origin_of
from pipelines_portal.external_api.limit_settings import rate_limit
from pipelines_portal.external_api.storage.location import parse_storage_url
from pipelines_portal.settings.base import *

SECRET_KEY = secret_key("external_api")
# Encrypts the secrets of authenticator apps. After a change of SECRET_KEY, people need a recovery code.
ENCRYPTION_KEYS = [derived_key(SECRET_KEY)]
PROGRAM = "external_api"
name_program(PROGRAM)
# Callers are programs: what they call a request is found in their logs and in these.
TAKES_REQUEST_IDS = True
# Whose pages may PUT into the embedded storage.
PORTAL_ORIGINS = [origin_of(PORTAL_URL)] if PORTAL_URL else []
if not PRODUCTION:
    PORTAL_ORIGINS += [f"http://127.0.0.1:{PORT}", f"http://localhost:{PORT}"]

STORAGE = parse_storage_url(env.str("STORAGE_URL", default=""), DATA_DIR / "storage")
# How browsers reach the embedded storage; when empty, as the caller reached the API.
STORAGE_PUBLIC_URL = environment.http_url(env, "STORAGE_PUBLIC_URL", f"https://{API_HOST}" if API_HOST else "")
# How many archives the embedded storage receives at once.
STORAGE_CONCURRENT_UPLOADS = 4
# An archive of which nothing arrives for so long is given up, and so is a slower one when others wait.
STORAGE_STALL_SECONDS = 60.0
STORAGE_LEAST_BYTES_PER_SECOND = 32 * 1024
# What the embedded storage leaves free on its disk.
STORAGE_FREE_BYTES = 1024**3
MAX_ARCHIVE_BYTES = environment.whole_number(env, "MAX_ARCHIVE_BYTES", 5 * 1024**3, "a number of bytes")
ORGANIZATION_STORAGE_BYTES = environment.whole_number(
    env, "ORGANIZATION_STORAGE_BYTES", 100 * 1024**3, "a number of bytes"
)
# After this long without a sign of life, a worker counts as dead.
UPLOAD_LEASE_SECONDS = 60.0
UPLOAD_SWEEP_SECONDS = 15.0
# Past its expiry an upload may still be arriving over a slow line, or be about to be confirmed.
UPLOAD_GRACE_SECONDS = 3600.0

EXTERNAL_API_KEY_LIMIT = rate_limit(env, "EXTERNAL_API_KEY_LIMIT", "600/minute")
EXTERNAL_API_IP_LIMIT = rate_limit(env, "EXTERNAL_API_IP_LIMIT", "120/minute")
EXTERNAL_API_AUTH_FAILURE_LIMIT = rate_limit(env, "EXTERNAL_API_AUTH_FAILURE_LIMIT", "30/minute")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "django_tasks",
    "django_tasks_db",
    "template_partials",
    "ninja",
    "pipelines_portal.core.sign_in_throttle",
    "pipelines_portal.external_api",
]
MIDDLEWARE = [
    *MONITORING_MIDDLEWARE,
    "pipelines_portal.external_api.http.middleware.ApiMiddleware",
    "pipelines_portal.core.http.middleware.KnownHostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",  # Content-Length: without it no connection is used twice
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "pipelines_portal.core.http.middleware.NoStoreMiddleware",
    "pipelines_portal.external_api.organizations.rate_limits.RateLimitMiddleware",
    "pipelines_portal.external_api.organizations.body_limits.BodyLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "pipelines_portal.core.http.middleware.SessionLimitsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
]
ROOT_URLCONF = "pipelines_portal.external_api.urls"
WSGI_APPLICATION = "pipelines_portal.external_api.wsgi.application"
APPEND_SLASH = False
TEMPLATES = templates("pipelines_portal.external_api.organizations.pages.context.portal")

DATABASES = {"default": environment.database(env, "EXTERNAL_API_DATABASE_URL", DATA_DIR / "external_api.sqlite3")}

AUTH_USER_MODEL = "external_api.Person"
LOGIN_URL = "organization_keys:sign_in"
LOGIN_REDIRECT_URL = "organization_keys:organizations"
LOGOUT_REDIRECT_URL = "organization_keys:sign_in"
# How long a link for choosing a password works.
PASSWORD_RESET_TIMEOUT = 7 * 24 * 60 * 60
BODY_SENDERS = "pipelines_portal.external_api.organizations.presented_keys.senders_of"
# Returns the link that the web server prints while no person exists.
FIRST_START = "pipelines_portal.external_api.organizations.first_start.link"
# The portal may run on the same host name under another port: cookies do not tell ports apart.
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}external_api_session"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}external_api_csrf"

STATIC_ROOT = STATIC_DIR / "external_api"
BODY_LIMIT_BYTES = 33_554_432
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_LIMIT_BYTES
# The form of a workflow has ten for each field of its tasks.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

CONTENT_SECURITY_POLICY = {
    # Swagger UI and ReDoc start themselves from a script in the page.
    "EXCLUDE_URL_PREFIXES": ["/api/v1/docs", "/api/v1/redoc"],
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    },
}
# The portal beside it calls in the clear over loopback; a redirect would be no answer to a program anyway.
SECURE_REDIRECT_EXEMPT = [r"^api/v1/", r"^storage/"]
# Checks of /ready beside the database, which report and do not decide. Functions that return OK or what is wrong.
CHECKS = [
    "pipelines_portal.external_api.readiness.cache", "pipelines_portal.external_api.readiness.storage",
    "pipelines_portal.external_api.readiness.worker",
]  # fmt: skip
AT_START = ""
METRICS_VIEW_NAME = "pipelines_portal.external_api.metrics.view_name"
METRICS_SOURCES = [
    "pipelines_portal.external_api.metrics.queues", "pipelines_portal.external_api.metrics.storage",
    "pipelines_portal.external_api.metrics.worker_heartbeats",
]  # fmt: skip
