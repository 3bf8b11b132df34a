"""What each environment variable means. `bin/reference` writes the guide's list of settings and .env.example."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Setting:
    """An environment variable.

    `default` is a value that changes nothing if it is set. `unset` says in words what happens without a value.
    A `secret` must be in no log and on no page.
    """

    name: str
    meaning: str
    default: str = ""
    unset: str = ""
    secret: bool = False


TEAM = (
    Setting("PORTAL_HOST", "The portal's host name, such as `portal.example.com`.", unset="localhost"),
    Setting(
        "API_HOST",
        "The included External API's host name. Empty: the portal works with the hosted API.",
        unset="the hosted API if `PORTAL_HOST` is set",
    ),
    Setting(
        "SECRET_KEY",
        "Signs sessions and upload links, and encrypts the External API's authenticator apps. At least 50 characters.",
        unset="a file in `DATA_DIR`, created at the first start on a single server",
        secret=True,
    ),
    Setting(
        "ENCRYPTION_KEYS",
        "Fernet keys for secrets, separated by commas. The first one encrypts, all decrypt.",
        unset="a file in `DATA_DIR`, created at the first start on a single server",
        secret=True,
    ),
    Setting(
        "TRUSTED_PROXIES",
        "IP ranges of your reverse proxies. `X-Forwarded-For` is used only if it comes from these.",
        unset="none",
    ),
    Setting(
        "DATABASE_URL",
        "The portal's database: `postgres://user:password@host/name`.",
        unset="SQLite in `DATA_DIR`",
        secret=True,
    ),
    Setting(
        "PIPELINES_API_URL",
        "The API that the portal works with. Hosted: `https://api.pipelines.tech/api/v1`.",
        unset="the included External API, or the hosted one if only `PORTAL_HOST` is set",
    ),
    Setting(
        "UPLOAD_ORIGINS",
        "Origins of the API's upload links, separated by commas. Browsers upload ZIP files to these only.",
        unset="the included External API",
    ),
    Setting("EMAIL_URL", "Mail server: `smtp+tls://user:password@host:587`.", unset="no mail", secret=True),
    Setting("MAIL_FROM", "Sender of mail.", "Pipelines Portal <portal@localhost>"),
    Setting(
        "CA_FILE",
        "File of your company's certificate authorities, in PEM format. Connections accept them besides the system's.",
        unset="the system's only",
    ),
    Setting("DATA_DIR", "Folder for databases, files and generated secrets.", "./var"),
)
ADDRESSES = (
    Setting("ALLOWED_HOSTS", "More host names of this installation, separated by commas.", unset="none"),
    Setting(
        "PRODUCTION",
        "Requires HTTPS and explicit secrets, and disables the demo and its accounts.",
        unset="`on` if there is any host but localhost",
    ),
    Setting(
        "PORTAL_URL",
        "The portal's address, for links. Pages of this address may upload to the included storage.",
        unset="`https://PORTAL_HOST`, or `http://localhost:PORT`",
    ),
    Setting("PORT", "The portal's port.", "8000"),
    Setting("API_PORT", "The External API's port.", "8001"),
    Setting("BIND", "Address on which both programs listen.", "127.0.0.1"),
)
SIGN_IN = (
    Setting("SESSION_IDLE_MINUTES", "Sessions end after this long without use.", "720"),
    Setting("SESSION_DAYS", "Sessions end after this many days.", "14"),
    Setting(
        "REQUIRE_SECOND_FACTOR", "Who must set up two-step verification: `off`, `administrators` or `everybody`.", "off"
    ),
    Setting("PASSWORD_SIGN_IN", "`administrators`: all others sign in through the identity provider only.", "on"),
    Setting(
        "OIDC_ISSUER",
        "Address of your OpenID Connect identity provider. Register `/sign-in/oidc/callback/` there.",
        unset="off",
    ),
    Setting("OIDC_CLIENT_ID", "The portal's client ID there.", unset="required with `OIDC_ISSUER`"),
    Setting(
        "OIDC_CLIENT_SECRET", "The portal's client secret there.", unset="required with `OIDC_ISSUER`", secret=True
    ),
    Setting("OIDC_NAME", "Name of the identity provider on the sign-in button.", "your organization"),
    Setting("OIDC_DOMAINS", "Email domains whose users may sign in without an invitation.", unset="none"),
    Setting("OIDC_GROUPS", "Pairs `group:team`. Members of the group become members of the team.", unset="none"),
    Setting("OIDC_ORIGINS", "Other origins through which the provider redirects browsers.", unset="none"),
    Setting(
        "OIDC_TRUST_EMAIL",
        "`on`: accepts emails that the provider does not mark as verified. Only for a tenant of your own.",
        "off",
    ),
    Setting("OIDC_EMAIL_CLAIM", "Claim that holds the email. Another one requires `OIDC_TRUST_EMAIL`.", "email"),
)
LIMITS = (
    Setting("IMPORT_MAX_ROWS", "Most rows of one import.", "100000"),
    Setting("SUBMISSION_RETENTION_DAYS", "Days for which sent values are stored. Counts and task IDs remain.", "365"),
    Setting("IMPORT_RETENTION_DAYS", "Days for which an import that no one uses is stored.", "30"),
    Setting("AUDIT_RETENTION_DAYS", "Days for which the audit log is stored. At least 30.", "730"),
    Setting("API_TIMEOUT_SECONDS", "Longest read from the API. Creating tasks may take three times as long.", "10"),
)
OPERATIONS = (
    Setting(
        "WEB_CONCURRENCY", "Web processes of each program that `make run` starts. More than one need `CACHE_URL`.", "1"
    ),
    Setting("WEB_THREADS", "Requests that a web process handles at the same time.", "8"),
    Setting(
        "CACHE_URL",
        "Redis for the External API's rate limits: `redis://host:6379/0`.",
        unset="each process counts for itself",
        secret=True,
    ),
    Setting("LOG_FORMAT", "`json`: a JSON object for each line, and a line for each request.", "line"),
    Setting(
        "METRICS_TOKEN",
        "Bearer token for `/metrics`. At least 16 characters.",
        unset="requests from this machine only",
        secret=True,
    ),
    Setting(
        "WORKER_METRICS_PORT",
        "Port for `/health`, `/ready` and `/metrics` of a worker in its own container.",
        "0",
        "off",
    ),
    Setting(
        "SENTRY_DSN",
        "Reports errors to Sentry, without task content and user data. Requires `requirements-extras.txt`.",
        unset="off",
        secret=True,
    ),
)
EXTERNAL_API = (
    Setting("EXTERNAL_API_DATABASE_URL", "The External API's database.", unset="SQLite in `DATA_DIR`", secret=True),
    Setting(
        "STORAGE_URL",
        "`file:///folder`, or `s3://bucket?endpoint=https://host&region=name` with `AWS_*` credentials.",
        unset="a folder in `DATA_DIR`",
        secret=True,
    ),
    Setting(
        "STORAGE_PUBLIC_URL",
        "Address at which browsers reach the included storage.",
        unset="`https://API_HOST`, or the address at which the client reached the API",
    ),
    Setting("MAX_ARCHIVE_BYTES", "Largest ZIP file.", "5368709120"),
    Setting("ORGANIZATION_STORAGE_BYTES", "Storage for the files of one organization.", "107374182400"),
    Setting("EXTERNAL_API_KEY_LIMIT", "Requests with one API key.", "600/minute"),
    Setting("EXTERNAL_API_IP_LIMIT", "Requests without a key from one address.", "120/minute"),
    Setting("EXTERNAL_API_AUTH_FAILURE_LIMIT", "Failed authentications from one address.", "30/minute"),
)
GROUPS = (
    ("Settings that most installations need", TEAM),
    ("Addresses", ADDRESSES),
    ("Signing in", SIGN_IN),
    ("Limits and retention", LIMITS),
    ("Processes, logs and monitoring", OPERATIONS),
    ("External API", EXTERNAL_API),
)
NAMES = frozenset(each.name for _, listed in GROUPS for each in listed)
SECRETS = frozenset(each.name for _, listed in GROUPS for each in listed if each.secret)
