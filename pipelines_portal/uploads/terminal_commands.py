"""The PUT as a command to paste into a terminal. Nothing in a file's name or a link can become a command."""

import re
import shlex
from dataclasses import dataclass

CONTENT_TYPE = "Content-Type: application/zip"
# PowerShell ends a single-quoted string at any of these, and reads two as one of it.
POWERSHELL_QUOTES = re.compile("(['\u2018\u2019\u201a\u201b])")
ANY_NAME = "archive.zip"


@dataclass(frozen=True)
class TerminalCommands:
    curl: str
    powershell: str


def terminal_commands(file_name: str, url: str) -> TerminalCommands:
    """To be run in the file's folder."""
    name = _plain_name(file_name)
    curl = ["curl", "--fail", "--globoff", "--upload-file", f"./{name}", "--header", CONTENT_TYPE, url]
    # curl.exe comes with Windows and streams; PowerShell's own cmdlet would read the file into memory.
    powershell = ["curl.exe", "--fail", "--globoff", "--upload-file", f".\\{name}", "--header", CONTENT_TYPE, url]
    return TerminalCommands(shlex.join(curl), " ".join(map(_quote_powershell, powershell)))


def _quote_powershell(word: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9.\-]+", word):
        return word
    return "'" + POWERSHELL_QUOTES.sub(r"\1\1", word) + "'"


def _plain_name(file_name: str) -> str:
    """A name with a slash, a double quote or an unprintable character is not typed into anyone's terminal."""
    plain = file_name.isprintable() and not re.search(r'[/\\"]', file_name)
    return file_name if plain and file_name else ANY_NAME
