"""Scripts are named by their content, down to the modules they import; what every page loads comes as one file each."""

import re
from pathlib import Path
from posixpath import dirname, normpath

import pytest
from django.conf import settings
from django.contrib.staticfiles.finders import find
from django.templatetags.static import static

from pipelines_portal.core.static_files import ENTRIES, compact

STATIC = Path(__file__).resolve().parents[2] / "static"
IMPORT = re.compile(r"""\b(?:import|from)\s*["']([^"']+)["']""")


def relative(path: Path) -> str:
    return str(path.relative_to(STATIC))


MODULES = sorted(relative(path) for path in STATIC.rglob("*.js") if IMPORT.search(path.read_text()))


def served(name: str) -> Path:
    """What a page that names it is sent to."""
    return Path(settings.STATIC_ROOT, static(name).removeprefix("/static/"))


def parts_of(name: str) -> list[Path]:
    """Return the files that an entry imports, also those of installed apps."""
    names = [normpath(f"{dirname(name)}/{part}") for part in IMPORT.findall((STATIC / name).read_text())]
    return [Path(str(find(part))) for part in names]


@pytest.mark.parametrize("name", sorted({*MODULES} - {*ENTRIES}))
def test_modules_import_each_other_by_hashed_names(static_root: None, name: str) -> None:
    """A browser that cached one of them never runs it beside a newer version of another."""
    imported = IMPORT.findall(served(name).read_text())
    assert len(imported) == len(IMPORT.findall((STATIC / name).read_text()))
    assert not [address for address in imported if not re.search(r"\.[0-9a-f]{12}\.js$", address)]
    assert all((served(name).parent / address).is_file() for address in imported)


def test_modules_in_folders_are_among_them() -> None:
    assert {"js/zip-upload/index.js", "js/zip-upload/archive-check.js"} <= {*MODULES}


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_is_one_file_with_all_it_imports(static_root: None, name: str) -> None:
    text = served(name).read_text()
    parts = parts_of(name)
    assert len(parts) > 1
    for part in parts:
        is_ours = part.is_relative_to(STATIC) and "vendor" not in part.parts
        assert (compact(part.read_text(), part.suffix) if is_ours else part.read_text()) in text
    assert not re.search(r"^@?import ", text, re.MULTILINE)


@pytest.mark.parametrize("name", ENTRIES)
def test_what_an_entry_imports_imports_nothing_itself(name: str) -> None:
    """It would be looked for in the wrong folder."""
    assert [
        str(part) for part in parts_of(name) if re.search(r"^(@?import|export) ", part.read_text(), re.MULTILINE)
    ] == []


def test_style_sheets_are_compact() -> None:
    sheet = "/* The list. */\n.list a :hover,\n.list > b {\n  margin: 0 1rem;\n  color: red;\n}\n"
    assert compact(sheet, ".css") == ".list a :hover,.list > b{margin:0 1rem;color:red}"


def test_scripts_keep_their_lines() -> None:
    script = "// Why.\nif (a) {\n  b(); // now\n\n  c();\n}\n"
    assert compact(script, ".js") == "if (a) {\nb(); // now\nc();\n}\n"
