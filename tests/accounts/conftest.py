from typing import Any

import pytest
from django.test import Client

from pipelines_portal.accounts.models import User

from .issuer import issuer, oidc
from .second_steps import PASSWORD, set_up_app, sign_in

__all__ = ["issuer", "oidc"]


@pytest.fixture
def maria(db: None, static_root: None) -> User:
    return User.objects.create_user("maria@acme.example", PASSWORD)


@pytest.fixture
def app(maria: User) -> tuple[str, list[str]]:
    """Maria's: its secret, and her recovery codes."""
    client = Client()
    sign_in(client)
    return set_up_app(client)


@pytest.fixture
def mail(settings: Any) -> None:
    """Mails go to `mailoutbox`."""
    settings.MAIL_IS_ON = True
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
