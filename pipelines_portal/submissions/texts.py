"""Messages about submissions."""

# Reasons of an outcome
LOST = "The sending was interrupted before an answer came. Tasks may have been created."
STOPPED = "The portal stood still before it could send the rows. Nothing was sent."
NONE_ACCEPTED = "The API accepted none of the rows."
NOT_REACHED = "The upload failed before this row's turn came. No task was made of it."
DISAGREES = "What the API says of this upload disagrees with itself, so nobody can say which rows became tasks."
NOTHING_CREATED = "Someone looked, and decided that nothing was created."
TAKEN_BY_MISTAKE = (
    "A task that was recorded as coming of this submission came of another one. Look again which tasks are its own."
)
RESTORED = (
    "The portal was restored from a backup, and this may have been sent after the backup was made. Look at the "
    "workflow's tasks, then decide."
)

# Answers to a person
VALUES_REMOVED = "What was sent is no longer stored: its retention time is over. Counts and task IDs stay."
KEY_IS_GONE = "Nothing was sent: the key was removed from the portal. Add it again and make a new one."
KEY_IS_TAKEN_BACK = "Nothing was sent: the key is no longer shared with you. Ask its owner, {owner}."
CLAIMED_MEANWHILE = "One of these tasks was recorded for another submission in the meantime. Look again."
NOT_DISCARDED = "Not discarded: it is no draft any more, or tasks of an earlier try may exist."
DECIDED_MEANWHILE = "This submission was settled in the meantime. Here is how it stands."
TOO_MANY_EXPORTS = "Not exported: three exports of yours are being prepared. Try again when one is ready."
