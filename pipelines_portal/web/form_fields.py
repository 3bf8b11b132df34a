"""Form fields for names and short texts, which refuse organization keys and invisible characters."""

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from pipelines_portal.api_client.client import KEY_PATTERN


class KeylessField(forms.CharField):
    """Refuses a text that contains an organization key, and does not show it again."""

    def clean(self, value: Any) -> Any:
        if _holds_key(value):
            raise ValidationError("That looks like an API key. Keys can only be entered under API keys.")
        return super().clean(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        return "" if _holds_key(data) else super().bound_data(data, initial)


def _holds_key(text: Any) -> bool:
    return bool(KEY_PATTERN.search(str(text or "")))


# Line breaks, and characters that reorder the text around them: in a list or a mail they would change other words.
_NOT_IN_A_NAME = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
LONGEST_EMAIL = 254


def one_line(text: str) -> str:
    """Return `text` as a name: for texts that were not typed here and so cannot be refused."""
    return _NOT_IN_A_NAME.sub(" ", text).strip()


def _check(text: str) -> None:
    # Letters joined or separated by zero-width characters are names. Only such characters are not.
    if _NOT_IN_A_NAME.search(text) or not any(unicodedata.category(sign)[0] in "LNPS" for sign in text):
        raise ValidationError("Remove line breaks and invisible characters.")


def is_email(text: str) -> bool:
    """Return True if an account can have this email."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= LONGEST_EMAIL


class NameField(KeylessField):
    """A name of a person, team or key that other people read."""

    default_validators = [_check]
