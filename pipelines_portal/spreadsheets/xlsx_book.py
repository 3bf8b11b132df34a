"""Read the workbook of an XLSX file: its sheets, its formats, and its shared texts."""

import posixpath
import re
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from pipelines_portal.spreadsheets import texts
from pipelines_portal.spreadsheets.files import Sheet
from pipelines_portal.spreadsheets.limits import MAX_CELL
from pipelines_portal.spreadsheets.number_formats import BUILT_IN, Shower, general, shower
from pipelines_portal.spreadsheets.xlsx_parts import Damaged, Parts, TooMuch, local

MAX_SHEETS = 255
MAX_FORMATS = 100_000
WORKBOOK = "xl/workbook.xml"
# Default places of parts that are not named.
USUAL = {"sharedStrings": "xl/sharedStrings.xml", "styles": "xl/styles.xml"}
# The code of a character that XML forbids.
CODED = re.compile("_x([0-9A-Fa-f]{4})_")


@dataclass
class Book:
    """A workbook. `paths` are the parts of its sheets, in order."""

    sheets: list[Sheet]
    paths: list[str]
    since_1904: bool
    related: dict[str, str]


def read_book(parts: Parts) -> Book:
    path = next(iter(_related(parts, "").values()), WORKBOOK)
    targets = _targets(parts, path)
    book = Book([], [], False, _related(parts, path))
    for name, element in parts.elements(path, "workbookPr", "sheet"):
        if name == "workbookPr":
            book.since_1904 = element.get("date1904") in ("1", "true")
        else:
            _add_sheet(book, element, targets)
    return book


def _add_sheet(book: Book, element: Element, targets: dict[str, tuple[str, str]]) -> None:
    """Add a sheet, unless it is a chart."""
    if len(book.sheets) >= MAX_SHEETS:
        raise TooMuch("{name} has more than {most} sheets.", MAX_SHEETS)
    reference = next((value for key, value in element.attrib.items() if local(key) == "id"), "")
    kind, path = targets.get(reference, ("", ""))
    if kind in ("worksheet", ""):
        is_hidden = element.get("state", "visible") != "visible"
        book.sheets.append({"name": element.get("name", ""), "is_hidden": is_hidden})
        book.paths.append(path)


def _targets(parts: Parts, path: str) -> dict[str, tuple[str, str]]:
    """Return the related parts of a part by their IDs, each as kind and path."""
    folder, name = posixpath.split(path)
    list_of_them = posixpath.join(folder, "_rels", f"{name}.rels")
    found: dict[str, tuple[str, str]] = {}
    for _, element in parts.elements(list_of_them, "Relationship") if list_of_them in parts else ():
        if element.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", folder, element.get("Target", "").replace("\\", "/")))
            found[element.get("Id", "")] = (element.get("Type", "").rpartition("/")[2], target)
    return found


def _related(parts: Parts, path: str) -> dict[str, str]:
    """Return the related part of each kind."""
    kinds = dict(_targets(parts, path).values())
    return USUAL | kinds if path else {kind: target for kind, target in kinds.items() if kind == "officeDocument"}


def read_texts(parts: Parts, book: Book) -> list[str]:
    """Return the shared texts, which cells name by number."""
    path, found = book.related.get("sharedStrings", ""), list[str]()
    for _, element in parts.elements(path, "si") if path in parts else ():
        found.append(text_in(element))
        element.clear()
        if len(found) > parts.bounds.values:
            raise TooMuch(texts.TOO_MUCH_TEXT)
    return found


def text_in(element: Element) -> str:
    """Return the text of an element, without hints about its pronunciation."""
    if len(element) == 1 and not len(element[0]):
        text = element[0].text or ""
    else:
        pieces = (piece for child in element if local(child.tag) in ("r", "t") for piece in child.iter())
        text = "".join(piece.text or "" for piece in pieces if local(piece.tag) == "t")
    return decoded(text)


def decoded(text: str) -> str:
    if len(text) > MAX_CELL:
        raise TooMuch(texts.TEXT_TOO_LONG)
    if "_x" not in text:
        return text
    return CODED.sub(lambda found: chr(code) if not 0xD800 <= (code := int(found[1], 16)) < 0xE000 else found[0], text)


def read_formats(parts: Parts, book: Book) -> list[Shower]:
    """Return the functions that format numbers, by the style of a cell."""
    path, codes, styles = book.related.get("styles", ""), dict(BUILT_IN), list[int]()
    for name, element in parts.elements(path, "numFmt", "cellXfs") if path in parts else ():
        if name == "numFmt":
            codes[_number(element.get("numFmtId"))] = element.get("formatCode", "General")
        else:
            styles = [_number(style.get("numFmtId")) for style in element]
    if len(styles) > MAX_FORMATS or len(codes) > MAX_FORMATS:
        raise TooMuch(texts.TOO_MUCH_TEXT)
    made = {number: shower(codes.get(number, "General"), book.since_1904) for number in set(styles)}
    return [made[number] for number in styles] or [general]


def _number(text: str | None) -> int:
    if text and not re.fullmatch("[0-9]{1,9}", text):
        raise Damaged
    return int(text or 0)
