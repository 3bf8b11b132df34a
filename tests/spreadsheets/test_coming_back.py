"""A table written as CSV or XLSX is read with the same rows. Any bytes return lines or a message."""

import io
import json
import random
import zipfile
from decimal import Decimal
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from pipelines_portal.spreadsheets.cells import Cell, text_of, value_of
from pipelines_portal.spreadsheets.child import BLOCK, END, FOUND, REJECTION, frames
from pipelines_portal.spreadsheets.files import ReadingOptions, ReadingResult
from pipelines_portal.spreadsheets.limits import WITH_AN_ARCHIVE
from pipelines_portal.spreadsheets.reading import lines_in
from pipelines_portal.spreadsheets.writing import csv_lines
from tests.hostile_rows import workbook
from tests.spreadsheets.reading import BOUNDS, xlsx_bytes

# All that may be sent to the API: no zero byte, no half a character. Often what files trip over.
ANY = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)
ODD = st.sampled_from(
    ["=1+1", "'=1", "''-x", "'", "-5", "+49 30", "007", "1e5", "a;b;c", "a,b", 'a"b', '"', "a\tb", "a|b", "x\r\ny",
     "\r", "\n", " ", "  x ", "\ufeff", "\ufeffid", "_x000D_", "_x0041_", "\x0b", "\x1b", "\ufffe",
     "#N/A", "TRUE", "12%",
     "sep=;", "[1]", "{", "PK\x03\x04", "日本", "é", "😀", "\u00a0=1",
     "＝1", "2026-05-03", "1.234,5", "0", "1" * 20, "<a>", "&amp;"]
)  # fmt: skip
TEXT = st.one_of(ANY, ODD)
VALUES = st.one_of(
    TEXT, st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.none(),
    st.lists(TEXT, max_size=3),
)  # fmt: skip


@st.composite
def tables(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> tuple[list[str], list[list[Any]]]:
    width = draw(st.integers(1, 5))
    names = TEXT.filter(lambda name: bool(name.strip()))
    header = draw(st.lists(names, min_size=width, max_size=width, unique=True))
    rows = draw(st.lists(st.lists(values, min_size=width, max_size=width), min_size=1, max_size=6))
    return header, [row for row in rows if any(str("" if value is None else value).strip() for value in row)]


def read_or_refuse(data: bytes) -> tuple[ReadingResult | None, list[list[Cell]], str]:
    """Read the file like the child process. Hundreds of processes would take too long."""
    found, lines, refusal = None, [], ""
    for kind, content in frames("rows", io.BytesIO(data), ReadingOptions(), BOUNDS):
        if kind == BLOCK:
            lines += [cells for _, cells in lines_in(content)]
        elif kind == REJECTION:
            refusal = " ".join(json.loads(content).values())
        else:
            assert kind in (FOUND, END)
            found = ReadingResult(**json.loads(content))
    return found, lines, refusal


def read(data: bytes, kind: str, width: int) -> list[list[Cell]]:
    found, lines, refusal = read_or_refuse(data)
    assert not refusal and found and found.kind == kind
    return [cells + [""] * (width - len(cells)) for cells in lines]


def as_text(value: Any) -> str:
    """Return a value as CSV stores it, without a type."""
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)


@given(tables(VALUES))
@example((["a"], [["a;b"], ["c;d"]]))
@example((['sep="'], [["x"]]))
@example((["sep=;", "b"], [["x;y;z", "1"]]))
@example((["\ufeffa"], [["\ufeff=1"]]))
def test_a_csv_file_is_read_as_it_was_written(table: tuple[list[str], list[list[Any]]]) -> None:
    header, rows = table
    lines = read("".join(csv_lines(header, rows)).encode(), "csv", len(header))
    assert [[text_of(cell) for cell in cells] for cells in lines] == [header, *[[*map(as_text, row)] for row in rows]]


@given(tables(VALUES))
def test_an_xlsx_file_is_read_as_it_was_written(table: tuple[list[str], list[list[Any]]]) -> None:
    """Numbers with more digits than a spreadsheet stores are read as texts with all digits."""
    header, rows = table
    lines = read(xlsx_bytes(header, rows), "xlsx", len(header))
    assert lines[0] == header
    for cells, row in zip(lines[1:], rows, strict=True):
        for cell, value in zip(cells, row, strict=True):
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            same = exactly(value_of(cell)) == exactly(value) if is_number else value_of(cell) == as_cell(value)
            assert same, (cell, value)


def exactly(number: Any) -> Decimal:
    return Decimal(str(number))


def as_cell(value: Any) -> Any:
    return value if isinstance(value, bool) else as_text(value)


def mutated(good: bytes, chance: random.Random) -> bytes:
    """Return the bytes with some changed, some removed, or the end cut off."""
    data = bytearray(good)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(data) + 1)
        data[at : at + chance.choice((0, 1, 1, 4))] = chance.randbytes(chance.choice((0, 1, 1, 3)))
    return bytes(data[: chance.randrange(len(data) + 1)] if chance.random() < 0.2 else data)


def mutated_part(good: bytes, chance: random.Random) -> bytes:
    """Damage one part of a spreadsheet, and leave the archive intact."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as source, zipfile.ZipFile(out, "w") as target:
        names = source.namelist()
        changed = chance.choice([name for name in names if name.endswith((".xml", ".rels"))])
        for name in names:
            content = source.read(name)
            target.writestr(name, mutated(content, chance) if name == changed else content)
    return out.getvalue()


GOOD = [
    workbook(),
    xlsx_bytes(["a", "b"], [["x", 1], ["=1", 0.5], [True, "#N/A"]]),
    "".join(csv_lines(["a", "b"], [["x", 'y"'], ["é", "1"]])).encode(),
    "a;b\né;2\n".encode("utf-16"),
    "a\tb\né\t2\n".encode("cp1252"),
]


def judged(data: bytes) -> None:
    found, lines, refusal = read_or_refuse(data)
    assert bool(refusal) or found is not None
    assert all(isinstance(text_of(cell), str) for cells in lines for cell in cells)
    if refusal:
        assert refusal.startswith("rows ") or "of rows" in refusal


@given(st.integers(0, 2**32))
def test_damaged_files_return_lines_or_a_message(seed: int) -> None:
    chance = random.Random(seed)
    good = chance.choice(GOOD)
    is_archive = good.startswith(b"PK") and chance.random() < 0.8
    judged(mutated_part(good, chance) if is_archive else mutated(good, chance))


@given(
    st.one_of(
        st.binary(max_size=300),
        TEXT.map(str.encode),
        st.text(max_size=100).map(lambda t: t.encode("utf-16", "replace")),
    )
)
@example(b"")
@example(b"\0\0\0\0")
@example(b"\xff\xfe")
@example(b"\xef\xbb\xbf")
@example(b"sep=;")
@example(b'"')
@example(b'[{"a": 1e999}]')
@example(b'{"tasks": 5}')
@example(b"[" + b"9" * 5000 + b"]")
@example(b'[{"a": ' + b"9" * 5000 + b"}]")
def test_any_bytes_return_lines_or_a_message(data: bytes) -> None:
    judged(data)


def test_an_empty_file_has_no_remarks() -> None:
    assert read_or_refuse(b"") == (ReadingResult("csv", "utf-8", ","), [], "")
    assert WITH_AN_ARCHIVE.rows == 5000
