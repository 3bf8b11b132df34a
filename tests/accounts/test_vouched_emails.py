"""Which email an identity provider vouches for, of what its token and its other answer say."""

from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount, SocialLogin

from pipelines_portal.accounts.identity_provider import verified_email

A, B = "maria@acme.example", "admin@acme.example"


@pytest.mark.parametrize(
    ("token", "info", "email"),
    [
        ({"email": A, "email_verified": True}, {}, A),
        ({"email": A, "email_verified": True}, {"email": A}, A),
        ({}, {"email": A, "email_verified": "true"}, A),
        # Entra ID sends this claim instead of email_verified.
        ({"email": A, "xms_edov": True}, {}, A),
        ({"email": A, "xms_edov": 1}, {"email": A}, A),
        ({"email": A, "xms_edov": "1"}, {}, A),
        ({"email": A, "xms_edov": "true"}, {}, A),
        ({"email": A, "xms_edov": False}, {}, ""),
        ({"email": A, "xms_edov": "0"}, {}, ""),
        ({"email": A, "xms_edov": True, "email_verified": False}, {}, ""),
        ({"email": A, "xms_edov": True}, {"email": B}, ""),
        ({"email": A, "email_verified": None}, {}, ""),
        # The token has a verified email, and the user info another one.
        ({"email": A, "email_verified": True}, {"email": B}, ""),
        ({"email_verified": True}, {"email": B}, ""),
        ({"email": A, "email_verified": True}, {"email": B, "email_verified": False}, ""),
        ({"email": "a" * 300 + "@acme.example", "email_verified": True}, {}, ""),
        ({"email": "maria@acme.example\0", "email_verified": True}, {}, ""),
        ({"email": ["maria@acme.example"], "email_verified": True}, {}, ""),
        ({"email": "acme.example", "email_verified": True}, {}, ""),
    ],
)
def test_only_a_verified_email_counts(token: dict[str, Any], info: dict[str, Any], email: str) -> None:
    extra_data = {"id_token": {"sub": "1"} | token, "userinfo": {"sub": "1"} | info}
    assert verified_email(SocialLogin(account=SocialAccount(extra_data=extra_data))) == email
