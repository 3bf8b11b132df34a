from typing import Any

import pytest

from .issuer import issuer, oidc

__all__ = ["issuer", "oidc"]


@pytest.fixture
def mail(settings: Any) -> None:
    """Mails go to `mailoutbox`."""
    settings.MAIL_IS_ON = True
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
