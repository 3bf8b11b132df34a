"""Sentences about keys, for forms, notices and the mail of reminders."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from pipelines_portal.core.times import short

if TYPE_CHECKING:
    from pipelines_portal.accounts.models import User
    from pipelines_portal.keys.models import SavedKey

# Errors of fields
UNKNOWN_KEY = "Pipelines rejected this key. Check that it’s complete and not expired."
OWN_KEY = "You already own this key. Enter another person’s email."


def wrong_length(too_few: int) -> str:
    """Return how many characters a key lacks, or has too many if `too_few` is negative."""
    if too_few == 1:
        return "1 character is missing. Copy the whole key again."
    if too_few > 0:
        return f"{too_few} characters are missing. Copy the whole key again."
    if too_few == -1:
        return "There is 1 character too many. Copy only the key."
    return f"There are {-too_few} characters too many. Copy only the key."


def already_saved(duplicate: "SavedKey", person_id: int) -> str:
    if duplicate.owner_id == person_id:
        return f"You already added this key as “{duplicate.name}”."
    return f"This key is here as “{duplicate.name}”. Ask {duplicate.owner.email} to share it with you."


def name_taken(name: str) -> str:
    return f"You already have a key called “{name}”. Choose another name."


def nobody_with(email: str) -> str:
    return f"No one here has the email {email}."


def not_checked(seconds: int | None, certificate: str) -> str:
    again = f"Try again in {seconds:,} s." if seconds else "Try again in a minute."
    return f"Couldn’t check the key. {certificate or again}"


def shared_with(recipients: list[str]) -> str:
    *others, last = recipients
    return f"Key shared with {', '.join(others)} and {last}" if others else f"Key shared with {last}"


def advice_if_rejected(key: "SavedKey", person: "User | None") -> str:
    if key.can_be_replaced_by(person):
        return "The API key expired or was revoked. Replace it to continue. Workflows and sharing stay."
    return f"The API key expired or was revoked. {_who_replaces(key, person)}"


def rejected_since(key: "SavedKey", now: datetime) -> str:
    """Return since when the API rejects the key, and when it is asked again."""
    if key.rejected_at is None:
        return ""
    since = f"Rejected since {short(key.rejected_at, now)}."
    if key.recheck_at is None or key.recheck_at <= now:
        return f"{since} We’ll ask Pipelines again soon."
    return f"{since} We’ll ask Pipelines again at {short(key.recheck_at, now)}."


def advice_without_creator(key: "SavedKey", person: "User | None") -> str:
    if key.can_be_replaced_by(person):
        return "The person who created it left the organization. Replace it with a new key."
    return f"The person who created it left the organization. {_who_replaces(key, person)}"


def _who_replaces(key: "SavedKey", person: "User | None") -> str:
    """Return what a person who can't replace the key can do. Its owner may be a viewer by now."""
    if person is not None and person.pk == key.owner_id:
        return "Viewers can’t replace keys. Transfer it to someone who can."
    return f"Ask its owner, {key.owner}, to replace it."


def expires(days: int, day: str) -> str:
    """Return the title of the notice about a key that expires soon, or should have expired."""
    if days < 0:
        return f"This key expired on {day}"
    if days == 0:
        return "This key expires today"
    return "This key expires tomorrow" if days == 1 else f"This key expires in {days} days"


def expires_subject(name: str, days: int) -> str:
    """Return the subject of the mail that reminds the owner."""
    if days == 0:
        return f"API key “{name}” expires today"
    return f"API key “{name}” expires tomorrow" if days == 1 else f"API key “{name}” expires in {days} days"


def advice_before_expiry(key: "SavedKey", person: "User", day: str) -> str:
    if key.can_be_replaced_by(person):
        return f"Replace it before {day} to keep sending tasks."
    if key.owner_id == person.pk:
        return _who_replaces(key, person)
    return f"Ask its owner, {key.owner}, to replace it before {day}."


def day_of(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def expires_in(days: int) -> str:
    if days < 0:
        return "Expired"
    if days == 0:
        return "Expires today"
    return "Expires tomorrow" if days == 1 else f"Expires in {days} days"


def team_of(count: int) -> str:
    return "Team · 1 person" if count == 1 else f"Team · {count} people"
