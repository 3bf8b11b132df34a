"""Texts about submissions: the reasons of an outcome, and messages to people."""

from collections.abc import Sequence

MOST_NAMED_IDS = 20

# Reasons of an outcome
LOST = "The connection was lost before Pipelines answered."
STOPPED = "The portal stopped before it could send. Nothing was sent."
NONE_ACCEPTED = "Pipelines accepted none of the rows."
NOT_REACHED = "The upload failed before this row was processed. No task was created."
DISAGREES = "Pipelines’ answer contradicts itself, so we don’t know which rows became tasks."
DECIDED_NOT_CREATED = "Someone checked and decided that nothing was created."
DECIDED_ROW_NOT_CREATED = "Someone checked and decided that this row was not created."
TAKEN_BY_MISTAKE = "A task confirmed here belongs to something else that was sent. Check again which tasks are yours."
RESTORED = "The portal was restored from a backup. This may have been sent after the backup was made."
MAYBE_CREATED = "Tasks may have been created."
NOTHING_CREATED = "Nothing was created."

# In the filter of Sent: people took the word alone for something that they have to confirm
UNCONFIRMED_CHOICE = "Unconfirmed (maybe created)"

# Messages to people
DAYS_REVERSED = "“To” can’t be before “From”."
KEY_IS_GONE = "Not sent. The key was removed from the portal. Add it again, then create these tasks again."
KEY_IS_TAKEN_BACK = "Not sent. The key is no longer shared with you. Ask its owner, {owner}."
VALUES_REMOVED = "These values were deleted to save space, so they can’t be resent. Counts and task IDs stay."
CLAIMED_BY_OTHERS = "One of these tasks was just confirmed elsewhere. Check again."
DECIDED_BY_OTHERS = "Someone else has already decided this."
NOT_DISCARDED = "Not discarded. It was sent, or tasks may exist."
DISCARDED = "Discarded: {label}"
CANNOT_LOOK = "We can’t look for new tasks: the key is missing, or nothing is known from before sending."
SELECT_TASKS = "Not confirmed. Select the tasks that are yours."
NO_TASKS_APPEARED = "There are no new tasks to confirm."
TOO_MANY_EXPORTS = "Not exported. Three of your exports are still being prepared. Try again when one is ready."
NO_VALUES = "No values"


def not_sent(reason: str) -> str:
    return f"Not sent. {reason}"


def not_decided(reason: str) -> str:
    return f"Not decided. {reason}"


def too_many_selected(sent: int) -> str:
    if sent == 1:
        return "Not confirmed. You sent 1 row, so only 1 task can be yours."
    return f"Not confirmed. You sent {sent:,} rows, so at most {sent:,} tasks can be yours."


def as_many_rows(tasks: int, rows: int) -> str:
    """Return why the rows that a person named cannot be those that became the tasks."""
    named = "no row" if not rows else "1 row" if rows == 1 else f"{rows:,} rows"
    return f"You named {named}. Name {tasks:,}, one for each task." if tasks > 1 else f"You named {named}. Name 1."


def not_recorded(ids: Sequence[int], *, maybe_created: bool) -> str:
    """Describe the API’s answer when the database cannot record it."""
    if len(ids) == 1:
        return f"Pipelines created task {ids[0]}. We couldn’t save this, so Sent shows it as unconfirmed. Don’t resend."
    if ids:
        named = ", ".join(map(str, ids[:MOST_NAMED_IDS]))
        if len(ids) > MOST_NAMED_IDS:
            named = f"{named}, …"
        return (
            f"Pipelines created these tasks: {named}. We couldn’t save this, so Sent shows it as unconfirmed. "
            "Don’t resend."
        )
    if maybe_created:
        return "Tasks may have been created. We couldn’t save this, so Sent shows it as unconfirmed. Don’t resend."
    return "Nothing was created. We couldn’t save this, so Sent shows it as unconfirmed."
