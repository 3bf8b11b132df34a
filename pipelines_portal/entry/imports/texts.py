"""Messages about imports that people read."""

# Choosing a file, and its owner
CHOOSE_ONE = "Choose a file, or paste rows."
FILE_AND_TEXT = "There is a file and pasted text: take one of them away."
TOO_MANY_IMPORTS = (
    "You have {count} imports that are unfinished or were deleted in the last 30 days. Send some of them first, "
    "or hand them over."
)
PAUSE_FIRST = "Not handed over: its rows are being sent. Pause it first."
NOT_HANDED_OVER = "Not handed over: somebody else changed this import. This is its current state."
NOT_DELETED = "Not deleted: rows are being sent, or their outcome is unconfirmed. Wait, or decide first."

# Matching columns
CHOOSE_FIELD = "Choose a field for at least one column."
FIELD_TAKEN = "Another column is this field too: choose one of them."
CHANGED_BY_OTHERS = "Somebody else changed how this import is read or matched. This is its current state."
CHOOSE_FROM_LISTS = "Nothing was changed: choose the encoding and the separator from their lists."
COLUMNS_ARE_FIXED = "The columns stay as they are: rows were sent with them, or are on their way."
NOT_FORGOTTEN = "Nothing was undone: rows were sent, or somebody else changed the import. This is its current state."

# Changing rows
NOT_CHANGEABLE = "Nothing was changed: the rows are being sent or checked just now."
ALREADY_FIXED = "Nothing was changed: somebody else has corrected these rows."
CHANGED_ROW = "Somebody else changed this row. What you typed is still here: compare, then save again."
NOT_FOUND = "No row that can be changed holds that."
CHOOSE_COLUMN = "Nothing was changed: choose a column, and say what to find in it."
CELL_CHANGED = "{column} of row {row} was not saved: it was changed to “{now}” in another window. You typed “{typed}”."
CELL_SENT = "{column} of row {row} was not saved: the row was sent. You typed “{typed}”."
CELL_GONE = "{column} of row {row} was not saved: the row is no longer there. You typed “{typed}”."
CELL_LONG = "{column} of row {row} was not saved: it has more than {most} characters. It begins with “{typed}”."
PASTED_TOO_WIDE_ONE = "1 column of the pasted rows has no field and was left out. It begins with {typed}."
PASTED_TOO_WIDE = "{count} columns of the pasted rows have no field and were left out. They begin with {typed}."
MORE_CELLS = "{count} other cells were not saved either."
NOT_COPIED = "Not copied: {tasks}. Their values are not stored here, or not visible to you."
NOT_UNDONE = "Nothing was undone: another change came after it. The button names the last one."

# Sending
NO_ACCESS = "{owner} can no longer send with this key. Hand the import over to somebody who can."
CONTINUED_WITHOUT_ACCESS = "{person}, who continued this import, can no longer send with this key."
NOT_OPENED = "The workflow was taken off the list. Open it again, then continue the import."
FIRST_REJECTED = "The first row was rejected, so the others were not sent. Look at what the API says of it."
UNCONFIRMED = "Nobody knows what came of a request. Nothing more is sent until somebody decides."
SCHEMA_CHANGED = "The workflow's fields changed since the rows were checked."
NO_FIELDS = "The API says that the workflow has no fields at all. Nothing more was sent; go on when it has some again."
RATE_LIMITED = "The API asked for a pause with this key."
NOTHING_TO_SEND = "Nothing was sent: no row is ready."
OTHER_ROWS = "Nothing was sent: {now} rows are ready now, and {then} were when you pressed the button. Look once more."
TOO_LARGE = "Nothing was created: the rows were too large together. Create them again, they now go in smaller parts."
ROWS_CHANGED = "Nothing was created: rows changed in another window since this page showed them. Look, then try again."
WAIT_FOR_ROWS = "Nothing was created yet: earlier rows are still being created. Create these when they are done."
OTHER_IMPORT = "This page shows rows that are no longer the current ones. Copy what you typed, then load it again."
DECIDE_FIRST = "Nothing was created: first review the row whose outcome is unconfirmed."
CONTINUED_BY_OTHERS = "Somebody else has continued this import. This is its current state."
ALREADY_SETTLED = "Somebody has already settled this request. This is its current state."
NO_TASKS_APPEARED = "No task has appeared since, so there is none to record."
RESTORED = (
    "The portal was restored from a backup, and rows may have been sent after that was made. Look at the workflow's "
    "tasks before you go on."
)
