"""Texts of the form, the grid, drafts and imports."""

# Drafts
READY = "{count:,} ready"

# Choosing a file, and its owner
PASTED_ROWS = "Pasted rows"
TYPED_ROWS = "Grid rows"
TOO_MANY_IMPORTS = "You have {count} unfinished or deleted imports. Send some of them first, or transfer them."

# Matching columns
DETECT = "Detect automatically"
IMPORT_CHANGED = "This import has just changed. Here is the current version."

# Changes of rows, as Undo names them
SKIP_ROWS = "Skip rows"
PASTE_ROWS = "Paste rows"

# Errors and states of rows
SENT_BEFORE = "Already sent"
SAME_AS_ROW = "Same as row {row:,}"

# Changing rows
NOT_CHANGEABLE = "Not changed. Rows are being sent or checked."

# Sending
NO_ACCESS = "{owner} no longer has access to this key. Transfer the import to someone who has it."
AWAY_FOR_LONG = "Pipelines didn’t respond for 12 hours. Check the rows before you send them."
# The title of the notification.
NOT_SENT_AFTER_WAITING = "Rows for {workflow} that waited for Pipelines weren’t created"
FIELDS_CHANGED = "The workflow’s fields changed. Check the rows, then create them."
WAITING_FOR_ANSWER = "Waiting for Pipelines to answer."
UNCONFIRMED = "A batch is unconfirmed. Nothing more is sent until someone reviews it."
NOTHING_TO_SEND = "Not sent. No row is ready."
READ_DIFFERENTLY = "Some rows are judged differently now. Look at them, then create them."
ROWS_CHANGED = "Not created. Rows changed in another window. Check them, then try again."
RESTORED = "The portal was restored from a backup. Rows may have been sent after it was made, so check the tasks first."

TASKS_CHANGED = "Not confirmed. There are other new tasks now. Check again."


def as_many_rows(tasks: int, rows: int) -> str:
    return f"You named {tasks:,} of the new tasks and {rows:,} ready rows. Name as many rows as tasks."


def not_sent(ready: int) -> str:
    return f"Not sent. This import has just changed. Rows that are ready now: {ready:,}."


def rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def rows_with_errors(count: int) -> str:
    return "1 row has errors" if count == 1 else f"{count:,} rows have errors"


def errors(count: int) -> str:
    return "1 error" if count == 1 else f"{count:,} errors"


def warnings(count: int) -> str:
    return "1 warning" if count == 1 else f"{count:,} warnings"


def duplicates(count: int) -> str:
    return "1 duplicate" if count == 1 else f"{count:,} duplicates"


def corrected_copies(count: int, first: int) -> str:
    return f"Corrected copy of task {first}" if count == 1 else f"Corrected copies of {count:,} tasks"


def copies_created(count: int) -> str:
    return "1 row is a corrected copy now" if count == 1 else f"{count:,} rows are corrected copies now"


def rows_updated(count: int) -> str:
    return "1 row updated" if count == 1 else f"{count:,} rows updated"


def rows_pasted(count: int, *, has_headings: bool) -> str:
    pasted = "Pasted 1 row" if count == 1 else f"Pasted {count:,} rows"
    return f"{pasted}. The first one was taken as headings." if has_headings else pasted


def rows_deleted(count: int) -> str:
    return "1 row deleted" if count == 1 else f"{count:,} rows deleted"


def tasks_created(created: int, rejected: int) -> str:
    if not created:
        return f"{rows(rejected)} rejected" if rejected else "Nothing was created"
    made = "1 task created" if created == 1 else f"{created:,} tasks created"
    return f"{made}, {rejected:,} rejected" if rejected else made


def created_elsewhere(count: int) -> str:
    if count == 1:
        return "1 of these rows was already created."
    return f"{count:,} of these rows were already created."


def rows_skipped(count: int) -> str:
    return "1 row skipped" if count == 1 else f"{count:,} rows skipped"


def rows_restored(count: int) -> str:
    return "1 row restored" if count == 1 else f"{count:,} rows restored"


def rows_left(count: int) -> str:
    return "1 row with errors" if count == 1 else f"{count:,} rows with errors"


def to_look_at(count: int) -> str:
    return f"{count:,} to look at"


def rows_accepted(count: int) -> str:
    return "1 accepted" if count == 1 else f"{count:,} accepted"


def errors_left(count: int) -> str:
    return f"{rows_left(count)} left"


def rows_already_sent(count: int) -> str:
    return "1 row not changed: it was sent" if count == 1 else f"{count:,} rows not changed: they were sent"


def not_undone(count: int) -> str:
    return "Can’t undo: this row is a task now" if count == 1 else "Can’t undo: these rows are tasks now"


def not_done_again(count: int) -> str:
    return "Can’t redo: this row is a task now" if count == 1 else "Can’t redo: these rows are tasks now"


def more_choices(count: int) -> str:
    return f"and {count} more"


def import_finished(name: str, created: int, rejected: int, duplicate: int) -> str:
    """The title of the notification."""
    parts = [f"{created:,} created"]
    parts += [f"{rejected:,} rejected"] if rejected else []
    parts += [f"{duplicates(duplicate)} skipped"] if duplicate else []
    return f"{name} imported: {', '.join(parts)}"


def lists_deleted_with_key(names: list[str], *, has_more: bool) -> str:
    """Name the reference lists that a removal of their key deletes."""
    return f"Lists will be deleted: {', '.join(names)}{' and others' if has_more else ''}."


def deleted_with_key(names: list[str], *, has_more: bool) -> str:
    """Name the unfinished imports that a removal of their key deletes."""
    named = ", ".join(names)
    if has_more:
        return f"Unfinished imports will be deleted: {named} and others."
    return f"Unfinished imports will be deleted: {named}."
