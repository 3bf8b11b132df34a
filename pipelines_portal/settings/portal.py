"""The portal's settings from environment variables; base.py reads those of both programs, sign_in.py of sign-in."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from pipelines_portal.core import environment
from pipelines_portal.core.environment import BASE_DIR
from pipelines_portal.core.generated_secrets import new_encryption_key
from pipelines_portal.settings.base import *
from pipelines_portal.settings.sign_in import *

SECRET_KEY = secret_key("portal")
PROGRAM = "portal"
name_program(PROGRAM)


def encryption_keys() -> list[str]:
    """ENCRYPTION_KEYS: Fernet keys, the first encrypts, all decrypt."""
    text = environment.secret(
        env,
        "ENCRYPTION_KEYS",
        DATA_DIR / "portal.encryption_keys",
        new_encryption_key,
        production=PRODUCTION,
    )
    keys = [key.strip() for key in text.split(",") if key.strip()]
    try:
        for key in keys or [""]:
            Fernet(key)
            _require_nothing_else_in(key)
    except ValueError:
        raise ImproperlyConfigured(
            "ENCRYPTION_KEYS must be comma-separated Fernet keys (32 bytes in URL-safe base64 each)."
        ) from None
    return keys


def _require_nothing_else_in(key: str) -> None:
    """Base64 is read past quotes, blanks and a second key behind another sign than a comma; digests are made of all."""
    if urlsafe_b64encode(urlsafe_b64decode(key)).decode() != key.replace("+", "-").replace("/", "_"):
        raise ValueError


ENCRYPTION_KEYS = encryption_keys()
# Administrators are asked to save generated secrets elsewhere.
SECRETS_ARE_GENERATED = environment.source_of("ENCRYPTION_KEYS") == "default"
EMBEDDED_API_URL = f"http://127.0.0.1:{API_PORT}/api/v1"
HOSTED_API_URL = "https://api.pipelines.tech/api/v1"
PIPELINES_API_URL = environment.http_url(
    env, "PIPELINES_API_URL", EMBEDDED_API_URL if environment.runs_own_api(env) else HOSTED_API_URL
)
# How people reach the External API, for its page of keys and its storage.
OWN_API = [f"https://{API_HOST}"] if API_HOST else []
if not OWN_API and PIPELINES_API_URL == EMBEDDED_API_URL:
    OWN_API = [f"http://127.0.0.1:{API_PORT}", f"http://localhost:{API_PORT}"]
# Where people make keys. The vendor's page is known to the vendor's customers.
OWN_KEYS_URL = f"{OWN_API[-1]}/organization-keys/" if OWN_API and (API_HOST or not PRODUCTION) else ""
API_TIMEOUT_SECONDS = environment.seconds(env, "API_TIMEOUT_SECONDS", 10.0, most=600)

# Where the browser may PUT an archive: the CSP's connect-src, and the only upload hosts the wizard accepts.
# By default, our own API's storage.
UPLOAD_ORIGINS = environment.origins(env, "UPLOAD_ORIGINS", OWN_API)
# What a browser makes of a folder it has to keep until it is sent.
FOLDER_ZIP_BYTES = 4 * 1024**3

INSTALLED_APPS = [
    # First: its `changepassword` stands for Django's.
    "pipelines_portal.accounts",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "template_partials",
    "pipelines_portal.core.sign_in_throttle",
    "pipelines_portal.core",
    "pipelines_portal.web",
    "pipelines_portal.guide",
    "pipelines_portal.audit",
    "pipelines_portal.keys",
    "pipelines_portal.workflows",
    "pipelines_portal.task_index",
    "pipelines_portal.submissions",
    "pipelines_portal.attention",
    "pipelines_portal.tasks",
    "pipelines_portal.entry",
    "pipelines_portal.uploads",
    "pipelines_portal.overview",
    "pipelines_portal.people",
    "pipelines_portal.notifications",
    "pipelines_portal.demo",
    "pipelines_portal.system",
    "pipelines_portal.worker",
]
MIDDLEWARE = [
    *MONITORING_MIDDLEWARE,
    "pipelines_portal.core.http.middleware.KnownHostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "pipelines_portal.audit.recording.AddressMiddleware",
    "pipelines_portal.core.http.middleware.NoStoreMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "pipelines_portal.guide.middleware.GuideMiddleware",
    "pipelines_portal.accounts.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "pipelines_portal.accounts.middleware.AuthenticationMiddleware",
    "pipelines_portal.core.http.middleware.SessionLimitsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "pipelines_portal.core.http.middleware.ReadableAddressMiddleware",
    "pipelines_portal.accounts.middleware.LargeBodyMiddleware",
    "pipelines_portal.accounts.preferences.ClocksMiddleware",
    "pipelines_portal.workflows.last_visit.LastVisitMiddleware",
    "pipelines_portal.accounts.two_step.RequiredTwoStepMiddleware",
    "pipelines_portal.keys.middleware.ErrorPageMiddleware",
]
ROOT_URLCONF = "pipelines_portal.urls"
WSGI_APPLICATION = "pipelines_portal.wsgi.application"
TEMPLATES = templates("pipelines_portal.overview.sidebar.rail")

# Widgets out of templates/ as well.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASES = {"default": environment.database(env, "DATABASE_URL", DATA_DIR / "portal.sqlite3")}

BODY_SENDERS = "pipelines_portal.accounts.session_store.senders_of"
FIRST_START = "pipelines_portal.people.first_start.link"

# Mail may be missing: then links to copy do its work.
EMAIL = environment.email(env, "EMAIL_URL")
MAIL_IS_ON = EMAIL["EMAIL_BACKEND"] != environment.NO_MAIL
if PRODUCTION and MAIL_IS_ON and not PORTAL_URL:
    raise ImproperlyConfigured("EMAIL_URL needs PORTAL_URL in production: links in mails lead there.")
globals().update(EMAIL)
DEFAULT_FROM_EMAIL = environment.mail_from(env)
EMAIL_TIMEOUT = 10

AUDIT_RETENTION_DAYS = environment.whole_number(
    env, "AUDIT_RETENTION_DAYS", 730, "a number of days", least=30, most=36_500
)

# For how long it is kept what was sent; counts and task IDs stay.
SUBMISSION_RETENTION_DAYS = environment.whole_number(
    env, "SUBMISSION_RETENTION_DAYS", 365, "a number of days", least=1, most=36_500
)

# Of one import: how many rows, how large a file, and for how long it is kept when nobody touches it.
IMPORT_MAX_ROWS = environment.whole_number(env, "IMPORT_MAX_ROWS", 100_000, "a number of rows", least=1, most=1_000_000)
IMPORT_MAX_MB = 64
IMPORT_RETENTION_DAYS = environment.whole_number(
    env, "IMPORT_RETENTION_DAYS", 30, "a number of days", least=1, most=36_500
)

# The pictures of the guide.
STATICFILES_DIRS = [*STATICFILES_DIRS, ("guide", BASE_DIR / "docs" / "pictures")]
STATIC_ROOT = STATIC_DIR / "portal"
# Only people who are signed in may send more than this.
STRANGERS_LARGEST_BODY = 256 * 1024
# Of a form's values, files aside. To take a form apart costs up to eighty times its size.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
# The end of an archive and a file of rows, or a file to import: the largest that a page posts. Archives themselves go
# to storage.
LARGEST_FORM = max(36, IMPORT_MAX_MB + 1) * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "pipelines_portal.core.http.request_size.SizeLimit",
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
        "form-action": ["'self'", *OIDC_ORIGINS],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "manifest-src": ["'self'"],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# Checks of /ready beside the database, which report and do not decide. Functions that return OK or what is wrong.
CHECKS = ["pipelines_portal.system.heartbeats.worker", "pipelines_portal.keys.decryption.api_keys"]
AT_START = "pipelines_portal.keys.decryption.log_lost_keys"
METRICS_VIEW_NAME = "pipelines_portal.core.metrics.view_name"
METRICS_SOURCES = [
    "pipelines_portal.system.metrics.queues", "pipelines_portal.system.metrics.task_index_age",
    "pipelines_portal.system.metrics.worker_heartbeats", "pipelines_portal.system.metrics.backups",
    "pipelines_portal.keys.decryption.undecryptable_keys", "pipelines_portal.system.metrics.mail",
]  # fmt: skip
