"""Texts about files that stand in several places."""

# What to do with a ZIP file that cannot be used
SPLIT = "Split it and upload the parts one by one."
CREATE_AGAIN = "Create the ZIP file again with your system’s ZIP tool."
RENAME = "Rename or remove one of them."

# What the check finds, for one row
IN_FOLDER = "{path} is in a subfolder"
ROW = "Row {number:,}"
ROW_AND_TEXT = "Row {number:,}: {text}"


# Sending and processing
NOTHING_CREATED = "Nothing was created."
FORGOTTEN = "Pipelines no longer knows this upload, so we don’t know which tasks were created. Check the tasks."
MAY_HAVE_TASKS = "Tasks may have been created before. Check the new tasks in the workflow."
