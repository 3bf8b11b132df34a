"""The External API's settings. Every environment variable it reads is read here."""

from typing import Any

from pipelines_portal import environment
from pipelines_portal.environment import BASE_DIR
from pipelines_portal.external_api.limit_settings import at_least, rate_limit, redis_url
from pipelines_portal.external_api.storage.location import parse_storage_url

env = environment.load_env()

DATA_DIR = environment.data_dir(env)
API_PORT = environment.port(env, "API_PORT", 8001)
PORT = environment.port(env, "PORT", 8000)
ALLOWED_HOSTS = environment.allowed_hosts(env)
PRODUCTION = environment.is_production(env)
SECRET_KEY = environment.secret(
    env, "SECRET_KEY", DATA_DIR / "external_api.secret_key", environment.random_secret, production=PRODUCTION
)
PORTAL_ORIGINS = env.list("PORTAL_ORIGINS", default=[f"http://127.0.0.1:{PORT}", f"http://localhost:{PORT}"])

STORAGE = parse_storage_url(env.str("STORAGE_URL", default=""), DATA_DIR / "storage")
# How browsers reach the embedded storage; when empty, as the caller reached the API.
STORAGE_PUBLIC_URL = env.str("STORAGE_PUBLIC_URL", default="").rstrip("/")
STORAGE_CONCURRENT_UPLOADS = at_least(env.int, "STORAGE_CONCURRENT_UPLOADS", 4, "a number of uploads", least=1)
STORAGE_STALL_SECONDS = at_least(env.float, "STORAGE_STALL_SECONDS", 60.0, "a number of seconds", least=0.1)
STORAGE_LEAST_BYTES_PER_SECOND = at_least(
    env.int, "STORAGE_LEAST_BYTES_PER_SECOND", 32 * 1024, "a number of bytes", least=1
)
STORAGE_FREE_BYTES = at_least(env.int, "STORAGE_FREE_BYTES", 1024**3, "a number of bytes", least=0)
MAX_ARCHIVE_BYTES = at_least(env.int, "MAX_ARCHIVE_BYTES", 5 * 1024**3, "a number of bytes", least=1)
ORGANIZATION_STORAGE_BYTES = at_least(
    env.int, "ORGANIZATION_STORAGE_BYTES", 100 * 1024**3, "a number of bytes", least=1
)
ORGANIZATION_OPEN_UPLOADS = at_least(env.int, "ORGANIZATION_OPEN_UPLOADS", 200, "a number of uploads", least=1)
BODY_SECONDS = environment.body_seconds(env)
UPLOAD_LEASE_SECONDS = at_least(env.float, "UPLOAD_LEASE_SECONDS", 60.0, "a number of seconds", least=0.1)
UPLOAD_SWEEP_SECONDS = at_least(env.float, "UPLOAD_SWEEP_SECONDS", 15.0, "a number of seconds", least=0.1)
# Past its expiry an upload may still be arriving over a slow line, or be about to be confirmed.
UPLOAD_GRACE_SECONDS = at_least(env.float, "UPLOAD_GRACE_SECONDS", 3600.0, "a number of seconds", least=0)

EXTERNAL_API_KEY_LIMIT = rate_limit(env, "EXTERNAL_API_KEY_LIMIT", "600/minute")
EXTERNAL_API_IP_LIMIT = rate_limit(env, "EXTERNAL_API_IP_LIMIT", "120/minute")
EXTERNAL_API_AUTH_FAILURE_LIMIT = rate_limit(env, "EXTERNAL_API_AUTH_FAILURE_LIMIT", "30/minute")
# Where the limits are counted: in this process's memory, or in Redis when several processes share them.
CACHE_URL = redis_url(env, "CACHE_URL")
TRUSTED_PROXIES = environment.networks(env, "TRUSTED_PROXIES")

DEBUG = False
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
    "pipelines_portal.sign_in_throttle",
    "pipelines_portal.external_api",
]
MIDDLEWARE = [
    "pipelines_portal.external_api.middleware.ErrorShapeMiddleware",
    "pipelines_portal.http.known_host.KnownHostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",  # Content-Length: without it no connection is used twice
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "pipelines_portal.http.no_store.NoStoreMiddleware",
    "pipelines_portal.external_api.middleware.UnreadBodyMiddleware",
    "pipelines_portal.external_api.middleware.BodyTimeMiddleware",
    "pipelines_portal.external_api.middleware.RateLimitMiddleware",
    "pipelines_portal.external_api.middleware.BodyLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "pipelines_portal.http.idle_session.IdleSessionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
]
ROOT_URLCONF = "pipelines_portal.external_api.urls"
WSGI_APPLICATION = "pipelines_portal.external_api.wsgi.application"
APPEND_SLASH = False
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
            ],
        },
    }
]

DATABASES = {"default": environment.database(env, "EXTERNAL_API_DATABASE_URL", DATA_DIR / "external_api.sqlite3")}
# The server's threads live long, and so may their connections: opening SQLite costs as much as a small request.
DATABASES["default"].setdefault("CONN_MAX_AGE", None)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

AUTH_USER_MODEL = "external_api.Person"
LOGIN_URL = "organization_keys:sign_in"
LOGIN_REDIRECT_URL = "organization_keys:organizations"
LOGOUT_REDIRECT_URL = "organization_keys:sign_in"
# The portal may run on the same host name under another port: cookies do not tell ports apart.
SESSION_COOKIE_NAME = "external_api_session"
CSRF_COOKIE_NAME = "external_api_csrf"
SESSION_IDLE_MINUTES = environment.minutes(env, "SESSION_IDLE_MINUTES", 480)

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static" / "external_api"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "pipelines_portal.http.static_files.ModuleAwareStorage"},
}
BODY_LIMIT_BYTES = 33_554_432
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_LIMIT_BYTES

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
X_FRAME_OPTIONS = "DENY"
if PRODUCTION:
    # TLS ends at a proxy in front that sets (and strips from clients) X-Forwarded-Proto.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    # The portal beside it calls in the clear over loopback; a redirect would be no answer to a program anyway.
    SECURE_REDIRECT_EXEMPT = [r"^api/v1/", r"^storage/"]
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
    "loggers": {"django.security.RequestDataTooBig": {"filters": ["without_traceback"]}},
}
