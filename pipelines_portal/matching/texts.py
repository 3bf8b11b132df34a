"""Texts about columns and how they are matched, and about values that cannot be used."""

# How a column was matched
MATCHED = "Matched"
BY_VALUES = "Guessed from the values"
SUGGESTED = "Suggested"
REMEMBERED = "Same as last time"
FROM_DOWNLOAD = "Added by a download from the portal"
COLUMN = "Column {number}"

# Headings that downloads add. A file that has them can be imported again.
ROW_NUMBER = "Row in the file"
ERRORS_IN_ROW = "Errors in the row"
ROW_STATUS = "Status of the row"
TASK_ID = "Task in Pipelines"
TASK_STATUS = "Status of the task"

# What is wrong with a value. The label of its field comes first.
MISSING = "is missing"
TWO_NUMBERS = "could be two numbers. Choose a number format"
TWO_DAYS = "could be two dates. Choose a date format"
# No date with two meanings has the day 31, so nobody takes the example for a proposal.
TWO_TYPED_DAYS = "could be two dates. Write the month as a word, like 31 Dec 2026"
TWO_TYPED = "could be two numbers. Write it without a thousands separator"
NO_ZONE = "has no time zone. Choose one"
PERCENTAGE = "is a percentage. Write 12 % as 12 or as 0.12"
CAME_TWICE, NEVER_CAME = "came twice", "never came"
TWICE = f"{CAME_TWICE}: the clocks were set back. Write {{first}} or {{second}}"
NEVER = f"{NEVER_CAME}: the clocks were set forward over it. Write {{first}} or {{second}}"
EMPTY_ROW = "The row is empty."

# The same in two or three words, for a cell
REQUIRED = "Required"
NOT_A_NUMBER = "Not a number"
BETWEEN = "Use {low:g} to {high:g}"
NOT_A_TIME = "Not a date"
TWO_MEANINGS = "{first} or {second}?"
NOT_AN_OPTION = "Not an option"
NOT_ALL_ITEMS = "Not all items"
