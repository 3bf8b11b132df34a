"""Text fields into which a key gets by mistake: it is kept nowhere but in its own field, and not shown again."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from pipelines_portal.api_client.client import KEY_PATTERN

A_KEY = "This is a key, which is kept nowhere but in the field for keys. It was not kept here."


class KeylessField(forms.CharField):
    """Refuses what holds a key, and comes back empty then."""

    def clean(self, value: Any) -> Any:
        if _holds_key(value):
            raise ValidationError(A_KEY)
        return super().clean(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        return "" if _holds_key(data) else super().bound_data(data, initial)


def _holds_key(text: Any) -> bool:
    return bool(KEY_PATTERN.search(str(text or "")))
