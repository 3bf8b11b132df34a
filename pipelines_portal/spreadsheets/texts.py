"""Texts about files of rows: what is wrong with a file, and what to do. Without Django: the child process has them."""

# What is wrong with a file, and what to do
TOO_MANY_ROWS = "{name} has more than {most:,} rows."
TOO_MANY_LINES = "{name} has more than {most:,} lines, including empty ones."
TOO_MANY_COLUMNS = "{name} has more than {most:,} columns."
TOO_MANY_SHEETS = "{name} has more than {most} sheets."
TOO_MANY_PARTS = "{name} consists of more than {most:,} parts."
TOO_LARGE = "{name} is larger than {most} MB."
UNPACKS_TOO_LARGE = "{name} is larger than {most} MB when unpacked."
SUSPICIOUS = "{name} unpacks to more than {most} times its size."
DECLARES_TYPE = "{name} declares a document type."
TOO_MUCH_TEXT = "{name} has too much text."
TEXT_TOO_LONG = "{name} has a text that is too long."
ROW_TOO_LONG = "Row {number} of {name} has too much text."
TOO_MUCH_MEMORY = "{name} is too large."
TOO_HARD = "{name} is too large or damaged."
NO_SPREADSHEET = "{name} can’t be read as a spreadsheet."
NOT_A_TEXT = "{name} isn’t a text or a spreadsheet."
OLD_OR_LOCKED = "{name} is an old Excel file, or has a password."
WEB_PAGE = "{name} is a web page or XML."
BINARY = "{name} is a binary spreadsheet (.xlsb)."
OPEN_DOCUMENT = "{name} is an OpenDocument file."
NUMBERS_FILE = "{name} is a Numbers file."
NO_SUCH_SHEET = "{name} has no sheet called {sheet}."
NO_SHEET = "{name} has no sheet with values."
NOT_UTF_16 = "{name} is damaged: it isn’t valid UTF-16."
WRONG_DELIMITER = "The separator must be a single character other than a quote."
UNKNOWN_ENCODING = "{encoding} isn’t a known encoding."
UNREADABLE_LINE = "{name} can’t be read from line {number} on."
TOO_MANY_SEPARATORS = "{name} has a row with too many separators."
NOT_JSON = "{name} isn’t valid JSON."
NOT_A_LIST = "{name} isn’t a list of objects."
TOO_MANY_VALUES = "{name} has too many values."
TOO_DEEP = "{name} is nested too deeply."
HALF_A_CHARACTER = "{name} has an incomplete character."
CELL_TOO_LONG = "A text is too long for a spreadsheet cell."
TOO_MANY_FOR_XLSX = "There are more than {most:,} rows."

SPLIT = "Split it."
SPLIT_OR_CSV = "Split it, or save it as CSV."
SAVE_AS_CSV_OR_SPLIT = "Save it as CSV, or split it."
SHORTEN = "Shorten it."
DELETE_EMPTY_LINES = "Delete the empty lines."
DELETE_UNUSED = "Delete unused rows and columns, or save it as CSV."
LEAVE_OUT_COLUMNS = "Leave out columns you don’t need."
SAVE_AS_XLSX_OR_CSV = "Save it as XLSX or CSV."
EXPORT = "Export it as Excel or CSV."
SAVE_AGAIN = "Save it as XLSX or CSV again."
SAVE_AS_UTF_8 = "Save it as UTF-8."
OTHER_SHEET = "Select another sheet."
OTHER_DELIMITER = "Select another separator."
FROM_LIST = "Select one from the list."
STRAY_QUOTE = "Look for a stray quote."
STRAY_QUOTE_OR_DELIMITER = "Look for a stray quote, or select another separator."
LIST_OF_OBJECTS = "It must be a list of objects, one per task."
EXAMPLE_LIST = 'For example [{"field_name": "value"}], one object per task.'
PLAIN_OBJECTS = "Use objects with a value for each field."
LONE_CODES = "Look for incomplete \\u codes."
DOWNLOAD_CSV = "Download the rows as CSV."
DOWNLOAD_FAILED = "Download failed"

# Remarks about a file that was read
GUESSED = "{name} isn’t UTF-8, so it was read as Windows-1252. Check letters such as é."
REPLACED = "{name} has characters that can’t be read as {encoding}. They show as \ufffd. Select another encoding."
FORMULA = "1 formula has no stored value. Open the file and save it again."
FORMULAS = "{count:,} formulas have no stored value. Open the file and save it again."
ERROR = "1 cell has an error, such as #N/A."
ERRORS = "{count:,} cells have errors, such as #N/A."
LONG_NUMBER = "1 number has more than {digits} digits, so its last digits may be wrong."
LONG_NUMBERS = "{count:,} numbers have more than {digits} digits, so their last digits may be wrong."
MERGED = "1 merged range: only its first cell has the value."
MERGED_RANGES = "{count:,} merged ranges: only the first cell of each has the value."

# What is wrong with a cell. The field's label comes first.
CELL_ERROR = "has the error {error}"
NO_STORED_VALUE = "has a formula without a stored value"

# Template files
FIELD_TYPES = {
    "short_text": "Text",
    "long_text": "Long text",
    "code": "Code",
    "boolean": "Yes or no",
    "numeric": "Number",
    "datetime": "Date and time",
    "select": "One of a list",
    "rating": "Whole number",
    "ranking": "Ranking",
    "pairwise": "Text",
    "criteria": "Text",
    "file_upload": "File",
}
ACCEPTED = {
    "boolean": "yes or no",
    "datetime": "A date, or a date and time, for example 2026-03-30 14:00",
    "ranking": "Highest first, separated by commas",
    "file_upload": "The file’s path in the ZIP file",
}
TEMPLATE_COLUMNS = ("Column", "Field", "Type", "Required", "Format")
NOT_IN_LIST = "Not in the list"
CHOOSE_IN_LIST = "Select one of the {count} values in the list. See the sheet Fields."
MORE_CHOICES = "and {count} more in the list"
