"""Sentences of the pages of organization keys."""

from datetime import datetime

REVOKED_STAYS = "A revoked key can’t be used again."


def expires_on(name: str, expires_at: datetime | None) -> str:
    return f"“{name}” expires on {expires_at.day} {expires_at:%B %Y}" if expires_at else f"“{name}” never expires"


def revoked(name: str) -> str:
    return f"Key “{name}” revoked"
