"""Titles and sentences of notifications, and the subject of their mail."""

RESTORED = "The portal was restored from a backup of {at}"
LOOK_AND_DECIDE = "We don’t know if it was created. Check for new tasks and decide"


def tasks_need_attention(count: int, workflow: str) -> str:
    if count == 1:
        return f"1 of your tasks in {workflow} needs attention"
    return f"{count:,} of your tasks in {workflow} need attention"


def tasks_stuck(count: int, workflow: str) -> str:
    if count == 1:
        return f"1 of your tasks in {workflow} is stuck"
    return f"{count:,} of your tasks in {workflow} are stuck"


def no_progress(span: str) -> str:
    return f"No progress for over {span}"


def unconfirmed(label: str) -> str:
    return f"Unconfirmed: {label}"


def sent_by(person: str) -> str:
    return f"Sent by {person}. {LOOK_AND_DECIDE}"


def key_rejected(key: str) -> str:
    return f"API key {key} was rejected"


def key_rejected_of(owner: str) -> str:
    return f"Your team can’t work with its workflows. Ask its owner, {owner}, to replace it"


def key_expires(key: str, when: str) -> str:
    return f"API key {key} expires {when}"


def key_expiry_advice(day: str) -> str:
    return f"Replace it before {day}"


def key_owned(key: str) -> str:
    return f"You now own API key {key}"


def key_owned_before(person: str) -> str:
    return f"Previous owner: {person}"


def import_transferred(person: str, label: str) -> str:
    return f"{person} handed over the import {label} to you"


def import_deleted(label: str) -> str:
    return f"Your import {label} was deleted"


def import_deleted_with_key(person: str, key: str) -> str:
    return f"{person} removed API key {key} and its unsent rows"


def mail_subject(first: str, others: int) -> str:
    if not others:
        return first
    if others == 1:
        return f"{first}, and 1 more notification"
    return f"{first}, and {others} more notifications"
