"""Texts about files: what is wrong with a ZIP file or its rows, how far an upload is, and how it ended."""

# A ZIP file that cannot be used, and what to do
NOT_A_ZIP = "Not a valid ZIP file"
MAYBE_INCOMPLETE = "It may be incomplete. Create it again."
SPLIT_ZIP = "This is one part of a split ZIP file"
JOIN_PARTS = "Join the parts, or create it again as one file."
TOO_MANY_ENTRIES = "The ZIP file has more than {most:,} entries"
SPLIT = "Split it and upload the parts one by one."
CREATE_AGAIN = "Create the ZIP file again with your system’s ZIP tool."
RENAME = "Rename or remove one of them."
NAME_TOO_LONG = "A path in the ZIP file is longer than {most:,} bytes"
SHORTEN_PATH = "Shorten the folder or file names."
TOO_DEEP = "A path in the ZIP file is more than {most} levels deep"
FEWER_FOLDERS = "Use fewer nested folders."
PATH_OUTSIDE = "A path in the ZIP file leads outside of it"
STAY_INSIDE = "Paths can’t start with a slash or a drive (C:), or contain “..”. Create the ZIP file again."
MIXED_SLASHES = "Paths in the ZIP file use both “/” and “\\”"
TOO_MANY_MARKS = "A file name has a letter with more than {most} accents"
SAME_NAMES = "Several files in the ZIP file have the same name"
FILE_AND_FOLDER = "A name in the ZIP file is both a file and a folder"
ENCRYPTED = "The ZIP file has a password"
CREATE_UNLOCKED = "Create it again without a password."
LINKS = "The ZIP file contains links instead of files"
WITHOUT_LINKS = "Add the files themselves (with `zip`, leave out -y)."
STRANGE_ENTRY = "The ZIP file contains something other than files and folders"
COMPRESSION = "The ZIP file uses an unsupported compression"
USE_DEFLATE = "Create it again with the standard method, Deflate."
TOO_LARGE_UNPACKED = "The unpacked files are larger than {most} GB"
SUSPICIOUS_FILE = "A file unpacks to more than {most} times its size"
LEAVE_OUT = "Leave it out, or store it without compression."
SUSPICIOUS = "The files unpack to more than {most} times their size"
STORE = "Store them without compression."
OVERLAP = "Files in the ZIP file overlap"
NO_FILES = "No file makes a task"
JUNK_IS_IGNORED = "Hidden and system files are ignored."
TOO_MANY_TASKS = "These files make {count:,} tasks. At most {most:,} fit into one upload"
TOO_MANY_ROWS = "These files need {count:,} rows. At most {most:,} fit into one upload"
ALL_IN_ONE_FOLDER = "All files are inside {folder}"
COUNTS_AS_ONE = "Pipelines takes this whole folder for one task, and rejects it."

# What the check finds, for one row
LEFT_OUT = "{path} is left out"
EMPTY_FOLDER = "The folder is empty"
MISSING = "{field} is missing"
IN_FOLDER = "{path} is in a subfolder"
IN_NO_FOLDER = "{path} isn’t in a folder"
NO_FIELD = "{path} matches no field"
NOT_THERE = "isn’t in the ZIP file"
FILE_NOT_THERE = "{path} isn’t in the ZIP file"
NO_SUCH_FIELD = "Unknown column “{name}”"
ROW = "Row {number:,}"
ROW_AND_TEXT = "Row {number:,}: {text}"

# What to type instead of a value that could be read in two ways
WITHOUT_SEPARATOR = "{what}. Write it without a thousands separator"
ISO_DATE = "{what}. Enter it as 2026-03-05"
NOT_AN_OPTION = "isn’t an option"
NOT_IN_ZIP = "Not in the ZIP file"

# Choosing
NAME_TOO_LONG_TITLE = "The file name has more than {most} characters"
RENAME_FILE = "Rename the file, then choose it again."
NOTHING_TO_CHECK = "No file to check"
CHOOSE_FIRST = "Choose files, a folder or a ZIP file."
TAIL_TOO_LARGE = "The end of the ZIP file is too large."
ROWS_FILE_TOO_LARGE = "{name} is larger than {most} MB. Split it."
ROWS_UNREADABLE = "We can’t read the rows"
TYPED_ROW_WRONG = "A row has an error"
CHECK_FIELDS = "Check the marked fields."
NO_ROWS = "{name} has no rows."
ADD_ROWS = "Add a row for each task below the header row."
NO_COLUMN_MATCHES = "No column of {name} matches a field"
CHOOSE_FIELDS = "Select the fields of its columns below."
NO_FILE_LIST = "The list of files is missing"
CHOOSE_AGAIN = "Go back and choose the files again."

# Sending and processing
BEING_CONFIRMED = "We’re checking whether the files have arrived. Try again in a moment."
HOST_UNKNOWN = "Pipelines wants the files sent to {origin}, which this portal doesn’t allow."
HOST_HELP = "Your administrator can allow it by adding {origin} to UPLOAD_ORIGINS."
NOT_AN_ADDRESS = "an invalid address"
UPLOAD_REFUSED = "Pipelines refused the upload: {message}"
NOTHING_CREATED = "Nothing was created."
START_LOST = "The connection was lost. Nothing was created, so you can start again."
CONFIRM_LOST = "We asked Pipelines to create the tasks and the connection was lost. We’ll keep checking."
FORGOTTEN = "Pipelines no longer knows this upload, so we don’t know which tasks were created. Check the tasks."
ARCHIVE_MISSING = "The files haven’t arrived. Upload them again."
NEVER_CONFIRMED = "Pipelines no longer knows this upload. Nothing was created. Start again."
KEY_IS_GONE = "The key was removed, so we can’t check this upload."
KEY_REMOVED = "The key was removed from this portal."
NO_ACCESS = "The sender no longer has access to the key. We’ll continue when they have it again."
MAY_HAVE_TASKS = "Tasks may have been created before. Check the new tasks in the workflow."
UNKNOWN_STATUS = "Pipelines reports the status “{status}”, which we don’t know."
NO_REASON = "Pipelines gave no reason."


def no_value(count: int, field: str) -> str:
    return f"1 task without {field}" if count == 1 else f"{count:,} tasks without {field}"


REQUIRED_FIELD = "{field} is required. Add the value or file, or these tasks are rejected."


def unmatched(count: int) -> str:
    return "1 file with an unknown name" if count == 1 else f"{count:,} files with unknown names"


NAME_AFTER_FIELD = "Pipelines rejects their whole folders. Name each file after a field: {fields}."


def in_folder(count: int) -> str:
    return "1 file in a subfolder" if count == 1 else f"{count:,} files in subfolders"


ONE_FILE_ONE_TASK = "Each file that isn’t in a folder becomes a task. Pipelines rejects folders."
FILES_OF_A_TASK = "Put the files of a task directly into its folder, not into a subfolder."


def outside(count: int) -> str:
    return "1 file outside a folder" if count == 1 else f"{count:,} files outside folders"


ONE_FOLDER_ONE_TASK = "Each folder becomes a task. Pipelines rejects files outside folders."


def empty(count: int) -> str:
    return "1 empty folder" if count == 1 else f"{count:,} empty folders"


FILL_OR_REMOVE = "Remove it, or add the files of its task."


def passed_over(count: int) -> str:
    return "1 file left out" if count == 1 else f"{count:,} files left out"


FIELD_TAKEN = "Another file in the same folder already fills this field."


def not_in_archive(count: int, field: str) -> str:
    if count == 1:
        return f"1 file named in {field} isn’t in the ZIP file"
    return f"{count:,} files named in {field} aren’t in the ZIP file"


USE_WHOLE_PATH = "Enter the whole path inside the ZIP file, for example images/cat.png."


def invalid(count: int, field: str) -> str:
    return f"1 invalid {field}" if count == 1 else f"{count:,} invalid values in {field}"


FIX_OR_REJECTED = "Fix these rows, or Pipelines rejects them."
USE_FIELD_NAMES = "Use the names of the fields, or these rows are rejected."


def unnamed(count: int) -> str:
    return "1 file isn’t used" if count == 1 else f"{count:,} files aren’t used"


NO_TASK_GETS_IT = "Files that no row of the spreadsheet names are not used."


def upload_finished(name: str, created: int, rejected: int, not_sent: int) -> str:
    """The title of the notification."""
    counts = [f"{created:,} created"]
    if rejected:
        counts.append(f"{rejected:,} rejected")
    if not_sent:
        counts.append(f"{not_sent:,} not sent")
    return f"{name} uploaded: {', '.join(counts)}"


UPLOAD_FAILED = "{name} failed"
UPLOAD_TO = "Upload to {workflow}"
