"""What to do about a key, in sentences for whoever uses it: its owner can do something, the others can ask."""

from pipelines_portal.keys.models import SavedKey


def advice_when_rejected(key: SavedKey, is_own: bool) -> str:
    stopped = "The key expired or was revoked. The portal has stopped asking and sending with it."
    if is_own:
        return f"{stopped} Replace it, or check it again if it should work. Workflows, shares and submissions stay."
    return f"{stopped} Ask its owner, {key.owner}, to replace it. When it works again, everything goes on."


def advice_without_creator(key: SavedKey, is_own: bool) -> str:
    left = "The person who made this key left the organization. Forms work with it, ZIP uploads do not."
    if is_own:
        return f"{left} Ask an Org Admin for a new key, then replace it here."
    return f"{left} Ask its owner, {key.owner}, to replace it by a new one."


def is_own(key: SavedKey) -> bool:
    """Whether whoever uses this copy of the key owns it. The worker speaks to no one in particular."""
    return key.used_by is not None and key.used_by.pk == key.owner_id
