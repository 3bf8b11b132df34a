"""The portal's settings. Every environment variable the portal reads is read here."""

from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from pipelines_portal import environment
from pipelines_portal.environment import BASE_DIR

env = environment.load_env()

DATA_DIR = environment.data_dir(env)
PORT = environment.port(env, "PORT", 8000)
API_PORT = environment.port(env, "API_PORT", 8001)
ALLOWED_HOSTS = environment.allowed_hosts(env)
PRODUCTION = environment.is_production(env)
SECRET_KEY = environment.secret(
    env, "SECRET_KEY", DATA_DIR / "portal.secret_key", environment.random_secret, production=PRODUCTION
)


def http_url(name: str, text: str) -> str:
    """`text` without a trailing slash; anything that is not an http(s) URL stops the start."""
    if urlsplit(text).scheme not in ("http", "https") or not urlsplit(text).hostname:
        raise ImproperlyConfigured(f"{name} must be an http:// or https:// URL.")
    return text.rstrip("/")


def encryption_keys() -> list[str]:
    """ENCRYPTION_KEYS: Fernet keys, the first encrypts, all decrypt."""
    text = environment.secret(
        env,
        "ENCRYPTION_KEYS",
        DATA_DIR / "portal.encryption_keys",
        lambda: Fernet.generate_key().decode(),
        production=PRODUCTION,
    )
    keys = [key.strip() for key in text.split(",") if key.strip()]
    for key in keys:
        try:
            Fernet(key)
        except ValueError:
            raise ImproperlyConfigured(
                "ENCRYPTION_KEYS must be comma-separated Fernet keys (32 bytes in URL-safe base64 each)."
            ) from None
    return keys


ENCRYPTION_KEYS = encryption_keys()
EMBEDDED_API_URL = f"http://127.0.0.1:{API_PORT}/api/v1"
PIPELINES_API_URL = http_url("PIPELINES_API_URL", env.str("PIPELINES_API_URL", default=EMBEDDED_API_URL))
API_TIMEOUT_SECONDS = environment.value(env.float, "API_TIMEOUT_SECONDS", 10.0, "a number of seconds")


def web_threads() -> int:
    """WEB_THREADS: requests served at once by a process. The server's configuration reads the same name."""
    threads = environment.value(env.int, "WEB_THREADS", 8, "a whole number, 2 or more")
    if threads < 2:
        raise ImproperlyConfigured("WEB_THREADS must be a whole number, 2 or more.")
    return threads


WEB_THREADS = web_threads()

# Where the browser may PUT an archive: the CSP's connect-src, and the only upload hosts the wizard accepts.
# Our own API's storage is meant only where that API is.
OWN_STORAGE = [f"http://127.0.0.1:{API_PORT}", f"http://localhost:{API_PORT}"]
UPLOAD_ORIGINS = [
    http_url("UPLOAD_ORIGINS", origin)
    for origin in env.list("UPLOAD_ORIGINS", default=OWN_STORAGE if PIPELINES_API_URL == EMBEDDED_API_URL else [])
]
UPLOAD_RELAY = environment.flag(env, "UPLOAD_RELAY", False)

BODY_SECONDS = environment.body_seconds(env)  # the web server's to keep
TRUSTED_PROXIES = environment.networks(env, "TRUSTED_PROXIES")

DEBUG = False
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "template_partials",
    "pipelines_portal.sign_in_throttle",
    "pipelines_portal.web",
    "pipelines_portal.accounts",
    "pipelines_portal.saved_keys",
    "pipelines_portal.workflows",
    "pipelines_portal.submissions",
    "pipelines_portal.tasks",
    "pipelines_portal.uploads",
]
MIDDLEWARE = [
    "pipelines_portal.http.known_host.KnownHostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "pipelines_portal.http.no_store.NoStoreMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "pipelines_portal.http.idle_session.IdleSessionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "pipelines_portal.workflows.last_key.LastKeyMiddleware",
    "pipelines_portal.web.api_errors.ApiErrorMiddleware",
    "pipelines_portal.saved_keys.unreadable.UnreadableKeyMiddleware",
]
ROOT_URLCONF = "pipelines_portal.urls"
WSGI_APPLICATION = "pipelines_portal.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["pipelines_portal.page_elements"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "pipelines_portal.workflows.context.rail",
            ],
        },
    }
]

DATABASES = {"default": environment.database(env, "DATABASE_URL", DATA_DIR / "portal.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "saved_keys:home"
LOGOUT_REDIRECT_URL = "accounts:sign_in"
CSRF_FAILURE_VIEW = "pipelines_portal.accounts.typed_values.csrf_failure"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# The External API's pages may run on the same host name under another port: cookies do not tell ports apart.
SESSION_COOKIE_NAME = "portal_session"
CSRF_COOKIE_NAME = "portal_csrf"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SESSION_IDLE_MINUTES = environment.minutes(env, "SESSION_IDLE_MINUTES", 480)

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static" / "portal"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "pipelines_portal.http.static_files.ModuleAwareStorage"},
}
# Of a form's values, files aside. To take a form apart costs up to eighty times its size.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
# The end of an archive and a file of rows, the largest that a page posts. Archives themselves go to storage.
LARGEST_FORM = 36 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "pipelines_portal.web.request_size.SizeLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'", *UPLOAD_ORIGINS],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "manifest-src": ["'self'"],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PRODUCTION:
    # TLS ends at a proxy in front that sets (and strips from clients) X-Forwarded-Proto.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^health$"]
    SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
    SECURE_HSTS_INCLUDE_SUBDOMAINS = environment.flag(env, "HSTS_INCLUDE_SUBDOMAINS", False)
    SECURE_HSTS_PRELOAD = environment.flag(env, "HSTS_PRELOAD", False)
    # Both speak for a whole domain: whoever owns it switches them on.
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "format": "{asctime} {levelname} {name} {message}",
            "datefmt": "%Y-%m-%dT%H:%M:%S%z",
            "style": "{",
        }
    },
    "filters": {"without_traceback": {"()": "pipelines_portal.http.log_filters.WithoutTraceback"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    # Its warnings about malformed answers are tracebacks; the API client tells the same in a line.
    "loggers": {
        "urllib3": {"level": "ERROR"},
        "django.security.RequestDataTooBig": {"filters": ["without_traceback"]},
    },
}
