"""What uploads do when another room says that something happened."""

from typing import Any

from django.dispatch import receiver

from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.saved_keys.signals import key_opened

from .jobs import resume_waiting


@receiver(key_opened)
def go_on_with_the_key(sender: type[SavedKey], key: SavedKey, **more: Any) -> None:
    """What had stopped because of the key is asked for at once."""
    resume_waiting(key)
