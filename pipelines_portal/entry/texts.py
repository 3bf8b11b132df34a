"""Texts of the form, the grid, drafts and imports."""

# What the form begins with
VALUES_REMOVED = "The earlier values were deleted. The form is empty."
VALUES_UNKNOWN = "We don’t have this task’s values, or you can’t see them. The form is empty."
NO_PRESET = "Preset not found. The form is empty."
UNKNOWN_FIELD = "Unknown field “{name}” in the link."
FIELD_REMOVED = "“{name}” is no longer a field. Its value was “{value}”."
NOT_A_CHOICE = "{field}: “{value}” isn’t an option."

# Presets
PRESET_NAME_MISSING = "Enter a name."
PRESET_NAME_INVISIBLE = "Remove invisible characters."
PRESET_NAME_TOO_LONG = "Enter at most {most} characters."
PRESET_NAME_TAKEN = "You already have a preset with this name. Choose another one."
PRESET_EMPTY = "Fill in at least one field."
PRESET_NO_PINNED = "None of the pinned fields has a value. Pin a field that does, or clear “Only pinned fields”."
PRESET_NOT_SAVED = "Preset not saved"
PRESET_SAVED = "Preset “{name}” saved"
PRESET_REPLACED = "Preset “{name}” replaced"
PRESET_RENAMED = "Preset renamed to “{name}”"
PRESET_DELETED = "Preset “{name}” deleted"

# Drafts
DRAFT_CLEARED = "Form cleared"
DRAFT = "Draft"
WORKFLOW = "Workflow {number}"
ONE_TASK = "1 task"
READING = "reading the file"
UNREADABLE = "can’t be read"
MATCHING = "match columns"
CHECKING = "checking rows"
PAUSED = "paused"
READY = "{count:,} ready"

# Times
NOT_A_TIME = "Enter a date that exists, like 27 Nov 10:15 or yesterday 4pm"

# Pins
PINNED = "{field} pinned"
UNPINNED = "{field} no longer pinned"

# Choosing a file, and its owner
PASTED_ROWS = "Pasted rows"
TYPED_ROWS = "Grid rows"
CHOOSE_ONE = "Choose a file or paste rows."
FILE_AND_TEXT = "Choose a file or paste rows, not both."
FILE_TOO_LARGE = "{name} is larger than {most} MB. Split it."
FILE_EMPTY = "{name} is empty."
NO_ROWS = "{name} has no rows."
OTHER_FILE_OR_SHEET = "Check that it’s the right file, or the right sheet."
TOO_MANY_IMPORTS = "You have {count} unfinished or deleted imports. Send some of them first, or hand them over."
OWNER_MISSING = "Enter the new owner’s email."
OWNER_NEEDS_KEY = "They need access to the API key “{key}”."
OWNER_ALREADY = "{person} already owns this import."
OWNER_IS_VIEWER = "{person} is a viewer and can’t create tasks."
OWNER_WITHOUT_KEY = "{person} can’t use the key {key}. Share it first."
HANDED_OVER = "{name} handed over to {person}"
RESTORED_IMPORT = "{name} restored"
PAUSE_FIRST = "Not handed over. Rows are being sent. Pause first."
NOT_HANDED_OVER = "Not handed over. This import has just changed."
NOT_DELETED = "Not deleted. Rows are being sent or are unconfirmed."

# Matching columns
NO_HEADER_ROW = "No header row"
HEADER_ROW = "Row {number}: {texts}"
DETECT = "Detect automatically"
UNKNOWN_ZONE = "Not set"
CHOOSE_FIELD = "Select a field for at least one column."
FIELD_TAKEN = "The field {field} is also used by the column {columns}."
IMPORT_CHANGED = "This import has just changed. Here is the current version."
CHOOSE_FROM_LISTS = "Select the encoding and the separator from their lists."
COLUMNS_ARE_FIXED = "The columns can’t be changed. Rows were already sent with them."
NOT_FORGOTTEN = "Not undone. Rows were sent, or this import has just changed."
FIELD_GONE = "the workflow no longer has this field"
FIELD_BACK = "the workflow has this field again"

# How the fields of the workflow changed
THE_FIELDS = "Fields"
OTHER_CHANGE = "new order or description"
REMOVED = "removed"
NEW = "new"
NEW_AND_REQUIRED = "new and required"
RENAMED = "was called {before}"
RETYPED = "type changed from {before} to {now}"
NOW_REQUIRED = "now required"
NOW_OPTIONAL = "now optional"
CHOICES_REMOVED = "options removed: {choices}"
CHOICES_ADDED = "options added: {choices}"
NEW_FORMAT = "format changed: {format}"
NO_FORMAT = "any value"

# Changes of rows, as Undo names them
EDIT_ROWS = "Edit rows"
SKIP_ROWS = "Skip rows"
RESTORE_ROWS = "Restore rows"
CREATE_ANYWAY = "Include duplicates"
PASTE_ROWS = "Paste rows"
COPY_TASKS = "Copy tasks"
REPLACE_WITH = "Replace with “{text}”"
CLEAR_FIELD = "Clear {field}"
FIND_AND_REPLACE = "Replace “{find}” with “{put}”"

# Errors and states of rows
WHOLE_ROW = "Row"
NOT_AN_OPTION = "isn’t an option"
NOT_OPTIONS = "aren’t options"
OTHER_WORDS = "has other words that aren’t options"
CREATING = "Creating…"
SENT_BEFORE = "Already sent"
SAME_AS_ROW = "Same as row {row:,}"
SAME_AS_TASK = "Same as task {task}"
TASKS_OF_STATUS = "Tasks: {status}"
NEEDS_ATTENTION = "Tasks that need attention"
STATUS_UNKNOWN = "Status not known yet"

# Changing rows
NOT_CHANGEABLE = "Not changed. Rows are being sent or checked."
ALREADY_FIXED = "Not changed. Someone else has already fixed these rows."
NO_CHANGE = "No changes"
CHANGED_ROW = "Someone else just edited this row. Your text is still here: compare, then save again."
CHOOSE_REPLACEMENT = "Choose a replacement first."
NOT_FOUND = "No row contains this."
CHOOSE_COLUMN = "Select a column and enter what to find."
PART_IS_LONG = "Enter at most {most:,} characters to find and replace in a part of the cell."
CELL_CHANGED = "{column} of row {row} not saved: it changed to “{now}” in another window. You entered “{typed}”."
CELL_SENT = "{column} of row {row} not saved: the row was sent. You entered “{typed}”."
CELL_GONE = "{column} of row {row} not saved: the row no longer exists. You entered “{typed}”."
CELL_LONG = "{column} of row {row} not saved: it has more than {most} characters. It begins with “{typed}”."
PASTED_TOO_WIDE_ONE = "1 pasted column has no field and was left out. It begins with {typed}."
PASTED_COLUMNS = "Not pasted: there are more than {most} columns. Leave out columns you don’t need."
PASTED_TOO_WIDE = "{count} pasted columns have no field and were left out. They begin with {typed}."
HEADING_LEFT_OUT = "1 pasted column has no field and was left out: {headings}. To match it, import the rows as a file."
HEADINGS_LEFT_OUT = (
    "{count} pasted columns have no field and were left out: {headings}. To match them, import the rows as a file."
)
NOT_PASTED_AGAIN = "Not changed: there’s a newer change. Undo it, then paste the rows again."
MORE_CELLS = "{count} more cells weren’t saved."
NOT_COPIED = "Not copied: {tasks}. The values aren’t stored here, or you can’t see them."
NOT_UNDONE = "Can’t undo: there’s a newer change."
UNDONE = "Undone: {change}"
REDONE = "Done again: {change}"

# Sending
NOT_SENT = "Not sent. {reason}"
NOT_DECIDED = "Not decided. {reason}"
NO_ACCESS = "{owner} no longer has access to this key. Hand the import over to someone who has."
CONTINUED_WITHOUT_ACCESS = "{person} continued this import and no longer has access to this key."
KEY_NOT_SHARED = "The key {key} is no longer shared with you."
NOT_OPENED = "The workflow was removed from the list. Add it again, then resume the import."
FIRST_REJECTED = "The first row was rejected. The rest wasn’t sent."
UNCONFIRMED = "A batch is unconfirmed. Nothing more is sent until someone reviews it."
SCHEMA_CHANGED = "This workflow’s fields changed after the rows were checked."
NO_FIELDS = "Pipelines says that this workflow has no fields. Resume when it has fields again."
RATE_LIMITED = "Pipelines asks us to wait."
NOTHING_TO_SEND = "Not sent. No row is ready."
OTHER_ROWS = "Not sent. Rows that are ready now: {now}, not {then}. Check them, then try again."
TOO_LARGE = "Not created. The rows were too large together. Create them again; we’ll send smaller batches."
ROWS_CHANGED = "Not created. Rows changed in another window. Check them, then try again."
WAIT_FOR_ROWS = "Not created yet. Earlier rows are still being created. Try again when they’re done."
OTHER_IMPORT = "This page is out of date. Copy what you typed, then reload it."
DECIDE_FIRST = "Not created. Review the unconfirmed row first."
ALREADY_SETTLED = "Someone else has already decided this."
NO_TASKS_APPEARED = "There are no new tasks to confirm."
SELECT_TASKS = "Not confirmed. Select the tasks and the rows that became them."
RESTORED = "The portal was restored from a backup. Rows may have been sent after it was made, so check the tasks first."
CHECK_RESTORED = "Not created. The portal was restored from a backup: first check what was sent since."

TASKS_CHANGED = "Not confirmed. There are other new tasks now. Check again."


def as_many_rows(tasks: int, rows: int) -> str:
    return f"You named {tasks:,} of the new tasks and {rows:,} ready rows. Name as many rows as tasks."


def rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def rows_with_errors(count: int) -> str:
    return "1 row has errors" if count == 1 else f"{count:,} rows have errors"


def errors(count: int) -> str:
    return "1 error" if count == 1 else f"{count:,} errors"


def duplicates(count: int) -> str:
    return "1 duplicate" if count == 1 else f"{count:,} duplicates"


def corrected_copies(count: int, first: int) -> str:
    return f"Corrected copy of task {first}" if count == 1 else f"Corrected copies of {count:,} tasks"


def rows_updated(count: int) -> str:
    return "1 row updated" if count == 1 else f"{count:,} rows updated"


def rows_pasted(count: int, *, has_headings: bool) -> str:
    pasted = "Pasted 1 row" if count == 1 else f"Pasted {count:,} rows"
    return f"{pasted}. The first one was taken as headings." if has_headings else pasted


def rows_deleted(count: int) -> str:
    return "1 row deleted" if count == 1 else f"{count:,} rows deleted"


def created_elsewhere(count: int) -> str:
    if count == 1:
        return "1 of these rows was created in another window."
    return f"{count:,} of these rows were created in another window."


def rows_skipped(count: int) -> str:
    return "1 row skipped" if count == 1 else f"{count:,} rows skipped"


def rows_restored(count: int) -> str:
    return "1 row restored" if count == 1 else f"{count:,} rows restored"


def rows_left(count: int) -> str:
    return "1 row with errors" if count == 1 else f"{count:,} rows with errors"


def errors_left(count: int) -> str:
    return f"{rows_left(count)} left"


def rows_already_sent(count: int) -> str:
    return "1 row not changed: it was sent" if count == 1 else f"{count:,} rows not changed: they were sent"


def not_undone(count: int) -> str:
    return "Not undone: the row was already sent" if count == 1 else "Not undone: the rows were already sent"


def not_done_again(count: int) -> str:
    return "Not done again: the row was already sent" if count == 1 else "Not done again: the rows were already sent"


def more_choices(count: int) -> str:
    return f"and {count} more"


def import_finished(name: str, created: int, rejected: int) -> str:
    """The title of the notification."""
    if rejected:
        return f"{name} imported: {created:,} created, {rejected:,} rejected"
    return f"{name} imported: {created:,} created"


IMPORT_INTO = "Import into {workflow}"


def deleted_with_key(names: list[str], *, has_more: bool) -> str:
    """Name the unfinished imports that a removal of their key deletes."""
    named = ", ".join(names)
    if has_more:
        return f"Unfinished imports will be deleted: {named} and others."
    return f"Unfinished imports will be deleted: {named}."


OWNED_BY = "{label} (by {owner})"
