"""JSON that is encrypted at rest: file names say as much as values do."""

import json
from typing import Any

from django.db import models

from pipelines_portal.saved_keys.encryption import Undecryptable, decrypt, encrypt


class EncryptedJSONField(models.BinaryField):
    """Reads and writes like a JSONField; cannot be queried. What can no longer be opened reads as the default."""

    def get_prep_value(self, value: Any) -> bytes:
        return encrypt(json.dumps(value, separators=(",", ":")).encode())

    def from_db_value(self, value: bytes, expression: Any, connection: Any) -> Any:
        try:
            return json.loads(decrypt(value))
        except Undecryptable:
            return self.get_default()

    def get_default(self) -> Any:
        """BinaryField would make bytes of it."""
        return self.default()
