"""The parts of an XLSX file, a ZIP file of XML. They are checked against ZIP bombs before they are read."""

import re
import zipfile
from collections.abc import Iterator
from typing import IO
from xml.etree.ElementTree import Element, iterparse

from pipelines_portal.spreadsheets import texts
from pipelines_portal.spreadsheets.limits import MAX_CELL, MEBIBYTE, Bounds

# Real files reach about 8 to 1. Small parts may reach more.
MAX_RATIO = 100
SMALL = 2 * MEBIBYTE
MAX_PARTS = 1000
PIECE = 64 * 1024
# The most "<" for each value: a cell has up to three elements, each with a start tag and an end tag.
MARKS_A_VALUE = 6
ENCODING = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["']([^"']*)""")


class TooMuch(Exception):
    """A limit is exceeded. `text` says which, with a place for the file's name; `most` is the limit."""

    def __init__(self, text: str, most: int = 0) -> None:
        super().__init__(text)
        self.text, self.most = text, most

    def text_for(self, name: str) -> str:
        """Return what is wrong with the file of that name."""
        return self.text.format(name=name, most=self.most)


class Damaged(Exception):
    """The file is no spreadsheet, or is damaged."""


class Parts:
    """The parts of an XLSX file by name. Case and a leading / do not matter."""

    def __init__(self, file: IO[bytes], bounds: Bounds) -> None:
        self.archive = zipfile.ZipFile(file)
        self.bounds = bounds
        _check_sizes(self.archive.infolist(), bounds)
        self.names = {_plain(name): name for name in self.archive.namelist()}

    def __contains__(self, name: str) -> bool:
        return _plain(name) in self.names

    def elements(self, name: str, *wanted: str) -> Iterator[tuple[str, Element]]:
        """Yield each complete element with one of these names, and its name. The caller clears it to save memory."""
        names: dict[str, str] = {}
        if name not in self:
            raise Damaged
        with self.archive.open(self.names[_plain(name)]) as source:
            # Document types, by which XML can do harm, are refused, and sizes are limited.
            for _, element in iterparse(_LimitedPart(source, self.bounds), ("end",)):  # noqa: S314
                if (known := names.get(element.tag)) is None:
                    known = names[element.tag] = _one_of(wanted, element.tag)
                if known:
                    yield known, element


def local(tag: str) -> str:
    """Return the tag without its namespace."""
    return tag.rpartition("}")[2]


def _one_of(wanted: tuple[str, ...], tag: str) -> str:
    return name if (name := local(tag)) in wanted else ""


def _plain(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def _check_sizes(parts: list[zipfile.ZipInfo], bounds: Bounds) -> None:
    size, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    if len(parts) > MAX_PARTS:
        raise TooMuch("{name} consists of more than {most:,} parts.", MAX_PARTS)
    if size > bounds.unpacked:
        raise TooMuch("{name} is larger than {most} MB when unpacked.", bounds.unpacked // MEBIBYTE)
    if size > SMALL and size > MAX_RATIO * packed:
        raise TooMuch("{name} unpacks to more than {most} times its size.", MAX_RATIO)


class _LimitedPart:
    """A part that is read in pieces and refused as soon as it exceeds a limit.

    The parser collects each text and tag until its end and makes an object of it, so length and number are limited.
    """

    def __init__(self, source: IO[bytes], bounds: Bounds) -> None:
        self.source = source
        self.marks = MARKS_A_VALUE * bounds.values + 100_000
        self.since = {b"<": 0, b">": 0}
        self.before = b""

    def read(self, size: int = -1) -> bytes:
        piece = self.source.read(PIECE)
        if not self.before:
            _check_encoding(piece)
        if b"<!DOCTYPE" in self.before[-16:] + piece:
            raise TooMuch("{name} declares a document type.")
        self.marks -= piece.count(b"<")
        if self.marks < 0:
            raise TooMuch(texts.TOO_MUCH_TEXT)
        self._check_length(piece)
        self.before = piece
        return piece

    def _check_length(self, piece: bytes) -> None:
        for mark in self.since:
            first = piece.find(mark)
            if self.since[mark] + (len(piece) if first < 0 else first) > MAX_CELL + PIECE:
                raise TooMuch(texts.TEXT_TOO_LONG)
            self.since[mark] = self.since[mark] + len(piece) if first < 0 else len(piece) - piece.rfind(mark) - 1


def _check_encoding(piece: bytes) -> None:
    """Require an encoding in which the characters < and > are single bytes, so that they can be counted."""
    found = ENCODING.match(piece.removeprefix(b"\xef\xbb\xbf"))
    if b"\0" in piece[:4] or (found and found[1].lower() not in (b"utf-8", b"us-ascii")):
        raise Damaged
