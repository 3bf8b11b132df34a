from typing import Any

import pytest

from .identity_provider import idp, oidc

__all__ = ["idp", "oidc"]


@pytest.fixture
def mail(settings: Any) -> None:
    """Mails go to `mailoutbox`."""
    settings.MAIL_IS_ON = True
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
