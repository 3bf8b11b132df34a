"""Sentences about keys, for forms, notices and the mail of reminders."""

from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines_portal.accounts.models import User
    from pipelines_portal.keys.models import SavedKey

# Toasts
WORKFLOW_NEXT = "Key added. Now add a workflow"
EXPIRY_SAVED = "Expiry date saved"

# Notices
CHANGED_ELSEWHERE = "Key not changed. It was changed in another window; this is how it is now."
TOO_LATE = "Key not changed. It has another owner, or was removed."
ALREADY_SHARED = "They can use this key already."
NOT_SHARED = "This key isn’t shared with them."
STILL_REJECTED = "Pipelines still rejects this key"
NOW_REJECTED = "Pipelines rejects this key"
STILL_ACCEPTED = "Pipelines still accepts this key. Correct the expiry date."
KEY_REMOVED_TITLE = "Nothing was sent"
KEY_REMOVED = "Someone removed this key from the portal. Ask its owner, or use another key."

# Errors of fields
UNKNOWN_KEY = "Pipelines rejected this key. Check that it’s complete and not expired."
SAVED_ELSEWHERE = "This key was just added to the portal. Reload the page."
JUST_REMOVED = "This key was just removed from the portal. Add it again."
WRONG_SIGNS = "Use only the digits 0 to 9 and the letters a to f after pk_live_. Copy the key again."
WRONG_START = "This isn’t an API key. Keys start with pk_live_."
SAME_KEY = "Enter the new key. This is the current one."
WRONG_DAY = "Enter a day in the last year, up to today."
OWN_KEY = "You already own this key. Enter another person’s email."
NO_RECIPIENT = "Choose a team, or enter a colleague’s email."
SAME_OWNER = "Enter someone else. They own this key already."
NOT_TO_YOURSELF = "Enter someone else. Administrators can’t take over keys for themselves."


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


def viewer_cannot_own(person: object) -> str:
    return f"Enter someone who can create tasks. {person} is a viewer."


def nobody_with(email: str) -> str:
    return f"No one here has the email {email}."


# --- notices and toasts about one key ---------------------------------------------------------------------------------


def works(name: str) -> str:
    return f"Key “{name}” is active"


def added_unchecked(certificate: str) -> str:
    """`certificate` says what is wrong with the API's certificate, if that is the reason."""
    return f"Key added, but not checked: {certificate or 'Pipelines isn’t responding. Check it later.'}"


def not_checked(seconds: int | None, certificate: str) -> str:
    again = f"Try again in {seconds:,} s." if seconds else "Try again in a minute."
    return f"Couldn’t check the key. {certificate or again}"


def renamed(name: str) -> str:
    return f"Key renamed to “{name}”"


def shared_with(recipients: list[str]) -> str:
    *others, last = recipients
    return f"Key shared with {', '.join(others)} and {last}" if others else f"Key shared with {last}"


def team_named(team: object) -> str:
    return f"team {team}"


def sharing_ended(recipient: object) -> str:
    return f"Sharing with {recipient} ended"


def replaced(last4: str) -> str:
    return f"Key replaced by …{last4}"


def replacement_undone(last4: str) -> str:
    return f"Key …{last4} restored. Check that it works"


def no_undo(hours: int) -> str:
    return f"Replacement not undone. {hours} hours have passed, or the key was changed."


def handed_over(name: str, owner: object) -> str:
    return f"“{name}” now belongs to {owner}"


def removed(name: str) -> str:
    return f"Key “{name}” removed"


def rejected_title(name: str) -> str:
    return f"Key “{name}” was rejected"


def advice_if_rejected(key: "SavedKey", person: "User | None") -> str:
    if key.can_be_replaced_by(person):
        return "The API key expired or was revoked. Replace it to continue. Workflows and sharing stay."
    return f"The API key expired or was revoked. {_who_replaces(key, person)}"


def advice_without_creator(key: "SavedKey", person: "User | None") -> str:
    if key.can_be_replaced_by(person):
        return "The person who created it left the organization. Replace it with a new key."
    return f"The person who created it left the organization. {_who_replaces(key, person)}"


def _who_replaces(key: "SavedKey", person: "User | None") -> str:
    """Return what a person who can't replace the key can do. Its owner may be a viewer by now."""
    if person is not None and person.pk == key.owner_id:
        return "Viewers can’t replace keys. Transfer it to someone who can."
    return f"Ask its owner, {key.owner}, to replace it."


def cannot_be_opened(name: str) -> str:
    return (
        f"“{name}” was encrypted with a value missing from ENCRYPTION_KEYS. Ask your administrator, or replace the key."
    )


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


# --- states -----------------------------------------------------------------------------------------------------------


def rejected_at(moment: str) -> str:
    return f"Rejected {moment}"


def expires_in(days: int) -> str:
    if days < 0:
        return "Expired"
    if days == 0:
        return "Expires today"
    return "Expires tomorrow" if days == 1 else f"Expires in {days} days"


# --- the list of a key's recipients -----------------------------------------------------------------------------------


def team_of(count: int) -> str:
    return "Team · 1 person" if count == 1 else f"Team · {count} people"
