"""The External API's settings. Every environment variable it reads is read here."""

from typing import Any

from pipelines_portal import environment
from pipelines_portal.environment import BASE_DIR

env = environment.load_env()

DATA_DIR = environment.data_dir(env)
API_PORT = environment.port(env, "API_PORT", 8001)
PORT = environment.port(env, "PORT", 8000)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=environment.LOOPBACK_HOSTS)
PRODUCTION = environment.is_production(env, ALLOWED_HOSTS)
SECRET_KEY = environment.secret(
    env, "SECRET_KEY", DATA_DIR / "external_api.secret_key", environment.random_secret, production=PRODUCTION
)
PORTAL_ORIGINS = env.list("PORTAL_ORIGINS", default=[f"http://127.0.0.1:{PORT}", f"http://localhost:{PORT}"])

DEBUG = False
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_tasks",
    "django_tasks_db",
    "heroicons",
    "template_partials",
    "ninja",
    "pipelines_portal.external_api",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "pipelines_portal.external_api.middleware.ErrorShapeMiddleware",
    "pipelines_portal.external_api.middleware.BodyLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
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
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

DATABASES = {"default": environment.database(env, "EXTERNAL_API_DATABASE_URL", DATA_DIR / "external_api.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

AUTH_USER_MODEL = "external_api.Person"
# The portal may run on the same host name under another port: cookies do not tell ports apart.
SESSION_COOKIE_NAME = "external_api_session"
CSRF_COOKIE_NAME = "external_api_csrf"

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static" / "external_api"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
BODY_LIMIT_BYTES = 33_554_432
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_LIMIT_BYTES

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
}
