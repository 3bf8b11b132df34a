"""Texts about files of rows: what is wrong with a file, and what to do. Without Django: the child process has them."""

# What is wrong with a file, and what to do
TOO_MANY_LINES = "{name} has more than {most:,} lines, including empty ones."
TOO_MANY_COLUMNS = "{name} has more than {most:,} columns."
TOO_MUCH_TEXT = "{name} has too much text."
TEXT_TOO_LONG = "{name} has a text that is too long."

SPLIT = "Split it."
SPLIT_OR_CSV = "Split it, or save it as CSV."
SAVE_AS_XLSX_OR_CSV = "Save it as XLSX or CSV."
SAVE_AGAIN = "Save it as XLSX or CSV again."
DOWNLOAD_CSV = "Download the rows as CSV."

# Template files
TEMPLATE_COLUMNS = ("Column", "Field", "Type", "Required", "Format")
