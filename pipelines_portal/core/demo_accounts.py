"""The demo's accounts, which can sign in only where the demo is on, because their passwords are published."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend


def is_refused(person: Any) -> bool:
    return person.is_demo and not settings.DEMO_IS_ON


class Backend(ModelBackend):
    """Django's backend, which also refuses the demo's accounts, at each sign-in and in each session."""

    def user_can_authenticate(self, user: Any) -> bool:
        return super().user_can_authenticate(user) and not is_refused(user)


def refused_accounts() -> int:
    """Return how many of the demo's accounts cannot sign in here."""
    return 0 if settings.DEMO_IS_ON else get_user_model().objects.filter(is_demo=True, is_active=True).count()
