"""JSON in a text column, for values that people type and send, and for contents of files."""

import json
from typing import TYPE_CHECKING, Any

from django.db import models

# Surrogates: UTF-8 cannot encode them.
FIRST_SURROGATE, LAST_SURROGATE = "\ud800", "\udfff"
REPLACEMENT = "\ufffd"
_PLAIN = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_SORTED = json.JSONEncoder(separators=(",", ":"), allow_nan=False, sort_keys=True)


if TYPE_CHECKING:
    TextField = models.TextField[Any, Any]
else:
    TextField = models.TextField


class JSONTextField(TextField):
    """A JSON field that preserves the order of keys, which `jsonb` does not. It cannot be queried.

    Values are cleaned when they are written, because PostgreSQL refuses NUL and lone surrogates.
    """

    if TYPE_CHECKING:
        _pyi_private_set_type: Any
        _pyi_private_get_type: Any

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else json_text(value)

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return None if value is None else json.loads(value)


def json_text(value: Any, *, sort_keys: bool = False) -> str:
    """Return `value` as compact JSON in ASCII, cleaned. Raise ValueError for infinite numbers."""
    encoder = _SORTED if sort_keys else _PLAIN
    text = encoder.encode(value)
    return encoder.encode(cleaned(value)) if "\\u0000" in text or "\\ud" in text else text


def cleaned(value: Any) -> Any:
    """Return `value` with NUL and lone surrogates in its texts replaced."""
    if isinstance(value, str):
        return "".join(REPLACEMENT if _is_refused(sign) else sign for sign in value)
    if isinstance(value, dict):
        return {cleaned(name): cleaned(each) for name, each in value.items()}
    return [cleaned(each) for each in value] if isinstance(value, (list, tuple)) else value


def _is_refused(sign: str) -> bool:
    return sign == "\0" or FIRST_SURROGATE <= sign <= LAST_SURROGATE
