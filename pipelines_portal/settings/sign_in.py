"""The settings that say who may sign in, and how. Taken whole by `settings/portal.py`."""

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from pipelines_portal.core import environment
from pipelines_portal.core.web_addresses import origin_of
from pipelines_portal.settings.base import COOKIE_PREFIX, PRODUCTION, env

# The last one is what "consumers" calls itself in its tokens.
ANYBODYS_TENANTS = ("common", "organizations", "consumers", "9188040d-6c67-4c5b-b112-36a304b66dad")
ADMINISTRATORS, EVERYBODY, OFF, ON = "administrators", "everybody", "off", "on"


def teams_of_groups() -> dict[str, str]:
    """OIDC_GROUPS: a team's name by the group that makes people its members."""
    # A group may have colons in its name.
    pairs = [text.rpartition(":") for text in environment.listed(env, "OIDC_GROUPS")]
    teams = {group.strip(): team.strip() for group, _, team in pairs}
    if not all(teams) or not all(teams.values()):
        raise ImproperlyConfigured("OIDC_GROUPS must be pairs such as engineers:Labeling,leads:Team leads.")
    return teams


def idp() -> str:
    """Return OIDC_ISSUER. It must be an https address, because its tokens are trusted for coming over TLS."""
    url = environment.http_url(env, "OIDC_ISSUER")
    is_here = urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")
    if url.startswith("http://") and (PRODUCTION or not is_here):
        raise ImproperlyConfigured(
            "OIDC_ISSUER must be an https:// URL: over http:// others could answer in its place."
        )
    return url


def is_anybodys(url: str) -> bool:
    """Whether people of all tenants of Entra ID, or with an account of their own at Microsoft, sign in there."""
    parts = urlsplit(url)
    host, tenant = parts.hostname or "", parts.path.strip("/").partition("/")[0]
    return host.startswith("login.microsoftonline.") and tenant in ANYBODYS_TENANTS


AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "overview:home"
LOGOUT_REDIRECT_URL = "accounts:sign_in"
CSRF_FAILURE_VIEW = "pipelines_portal.accounts.restored_forms.csrf_failure"
# How long a link for a new password works.
PASSWORD_RESET_TIMEOUT = 60 * 60

SESSION_ENGINE = "pipelines_portal.accounts.session_store"
# The External API's pages may run on the same host name under another port: cookies do not tell ports apart.
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}portal_session"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}portal_csrf"

REQUIRE_SECOND_FACTOR = environment.one_of(env, "REQUIRE_SECOND_FACTOR", OFF, ADMINISTRATORS, EVERYBODY)

# OpenID Connect: nothing is asked of the identity provider before somebody signs in through it.
OIDC_ISSUER = idp()
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", default="").strip()
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", default="").strip()
OIDC_NAME = env.str("OIDC_NAME", default="").strip() or "your organization"
OIDC_EMAIL_CLAIM = env.str("OIDC_EMAIL_CLAIM", default="").strip() or "email"
OIDC_TRUST_EMAIL = environment.flag(env, "OIDC_TRUST_EMAIL", False)
OIDC_DOMAINS = environment.domains(env, "OIDC_DOMAINS")
OIDC_GROUPS = teams_of_groups()
# The browser follows the sign-in button to the provider and, of some, to a host behind it: the CSP's form-action.
OIDC_ORIGINS = [origin_of(OIDC_ISSUER), *environment.origins(env, "OIDC_ORIGINS", [])] if OIDC_ISSUER else []
PASSWORD_SIGN_IN = environment.one_of(env, "PASSWORD_SIGN_IN", ON, ADMINISTRATORS)
if OIDC_ISSUER and not (OIDC_CLIENT_ID and OIDC_CLIENT_SECRET):
    raise ImproperlyConfigured("OIDC_ISSUER needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET.")
if PASSWORD_SIGN_IN != ON and not OIDC_ISSUER:
    raise ImproperlyConfigured(
        "PASSWORD_SIGN_IN=administrators needs OIDC_ISSUER. Without it, no one else could sign in."
    )
if OIDC_TRUST_EMAIL and is_anybodys(OIDC_ISSUER):
    raise ImproperlyConfigured(
        "OIDC_TRUST_EMAIL needs an OIDC_ISSUER that is yours alone: at this one anybody has an account with any email. "
        "Put your tenant's ID into the address."
    )
if OIDC_EMAIL_CLAIM != "email" and not OIDC_TRUST_EMAIL:
    raise ImproperlyConfigured(
        "OIDC_EMAIL_CLAIM needs OIDC_TRUST_EMAIL=on: what a provider says of verified emails is about the claim email."
    )

# django-allauth. Its own limits are off: ours, in the database, count for all processes and lock nobody out. See
# docs/decisions/0060.
ACCOUNT_ADAPTER = "pipelines_portal.accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = False
ACCOUNT_SESSION_REMEMBER = True
SOCIALACCOUNT_ADAPTER = "pipelines_portal.accounts.identity_provider.IdpAdapter"
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {"openid_connect": {"OAUTH_PKCE_ENABLED": True}}
MFA_ADAPTER = "pipelines_portal.accounts.adapters.TwoStepAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1
MFA_RATE_LIMITS = False
# `accounts.confirmation` asks instead, also for changes that are not allauth's.
MFA_REAUTHENTICATION_REQUIRED = False
