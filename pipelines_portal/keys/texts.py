"""Sentences about keys that several pages show."""

from pipelines_portal.keys.models import UNDO_HOURS, SavedKey

UNKNOWN_KEY = "The API does not know this key: it is mistyped, expired or revoked."
NO_UNDO = (
    f"The replacement can't be undone any more: {UNDO_HOURS} hours are over, or the key was changed since. "
    "Nothing was changed."
)
KEY_REMOVED = (
    "The key was removed from this portal while the page was at work with it. Nothing was sent. "
    "Ask its former owner, or go on with another key."
)


def already_saved(duplicate: SavedKey, person_id: int) -> str:
    if duplicate.owner_id == person_id:
        return f"You already saved this key, as “{duplicate.name}”."
    return (
        f"This key is here already, as “{duplicate.name}”. "
        f"Ask its owner, {duplicate.owner.email}, to share it with you."
    )


def advice_if_rejected(key: SavedKey, is_own: bool) -> str:
    stopped = "The key expired or was revoked. The portal has stopped asking and sending with it."
    if is_own:
        return f"{stopped} Replace it, or check it again if it should work. Workflows, shares and submissions stay."
    return f"{stopped} Ask its owner, {key.owner}, to replace it. When it works again, everything goes on."


def advice_without_creator(key: SavedKey, is_own: bool) -> str:
    left = "The person who made this key left the organization. Forms work with it, ZIP uploads do not."
    if is_own:
        return f"{left} Ask an Org Admin for a new key, then replace it here."
    return f"{left} Ask its owner, {key.owner}, to replace it by a new one."
