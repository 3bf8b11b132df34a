"""Sentences of the pages of organizations."""

from datetime import datetime

from pipelines_portal.external_api.models import Membership, Person

REVOKED_STAYS = "A revoked key can’t be used again."
PASSWORD_HELP = "At least 12 characters. A few random words work well."  # noqa: S105
INCORRECT_PASSWORD = "Incorrect password."  # noqa: S105
PASSWORD_CHANGED = "Password changed · Other devices signed out"  # noqa: S105
PASSWORD_SET = "Password set"  # noqa: S105
CODE_HELP = "The 6 digits from your authenticator app, or a recovery code."
INCORRECT_CODE = "Incorrect or used code. Enter the newest code."
TWO_STEP_REMOVED = "Two-step verification turned off"
NAME_TAKEN = "Another organization has this name. Enter a different one."
ALREADY_MEMBER = "Already in this organization. Enter another email."
LAST_ADMIN = "This organization needs an Org Admin who can sign in. Make someone else Org Admin first."
STEP_TOO_LONG = "Enter at most 200 characters for each step."
OPTION_TOO_LONG = "Enter at most 200 characters for each option."
LINE_BREAK = "Enter it on one line."
OPTIONS_MISSING = "Enter the options, one on each line."
EMPTY_RANGE = "Enter a maximum that’s at least the minimum."
TOO_MANY_FIELDS = "A workflow has at most %(num)d fields here. Remove some rows."
SAME_FIELD_NAME = "Another field has this name. Enter a different one."
ROLES = [(Membership.Role.MEMBER.value, "Member"), (Membership.Role.ADMIN.value, "Org Admin")]


def expires_on(name: str, expires_at: datetime | None) -> str:
    return f"“{name}” expires on {expires_at.day} {expires_at:%B %Y}" if expires_at else f"“{name}” never expires"


def revoked(name: str) -> str:
    return f"Key “{name}” revoked"


def added(name: str) -> str:
    return f"“{name}” added"


def saved(name: str) -> str:
    return f"“{name}” saved"


def role_changed(person: Person, role: str) -> str:
    return f"{person.email}: {dict(ROLES)[role]}"


def removed(person: Person) -> str:
    return f"{person.email} removed"
