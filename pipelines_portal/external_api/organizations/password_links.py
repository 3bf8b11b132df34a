"""Links with which a person chooses a password. Each works once, for PASSWORD_RESET_TIMEOUT seconds."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.http import HttpRequest
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from pipelines_portal.external_api.models import Person


class LinkTokens(PasswordResetTokenGenerator):
    """Tokens that also end when the person gets more rights: the admin who made the link could use it."""

    key_salt = "pipelines_portal.external_api.organizations.password_links"

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        organizations = user.memberships.order_by("organization_id").values_list("organization_id", flat=True)
        return f"{super()._make_hash_value(user, timestamp)}{list(organizations)}{user.may_add_organizations}"


tokens = LinkTokens()


def password_link(request: HttpRequest, person: Person) -> str:
    """Return a new link. Its secret is in the query string, which proxies and request logs leave out."""
    query = {"uid": urlsafe_base64_encode(force_bytes(person.pk)), "token": tokens.make_token(person)}
    return request.build_absolute_uri(f"{reverse('organization_keys:choose_password')}?{urlencode(query)}")
