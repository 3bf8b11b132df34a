"""Scripts are named by their content, down to the modules they import; what every page loads comes as one file each."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.templatetags.static import static

from pipelines_portal.core.static_files import ENTRIES, without_comments

STATIC = Path(__file__).resolve().parents[2] / "static"
IMPORT = re.compile(r"""\b(?:import|from)\s*["']([^"']+)["']""")


def relative(path: Path) -> str:
    return str(path.relative_to(STATIC))


MODULES = sorted(relative(path) for path in STATIC.rglob("*.js") if IMPORT.search(path.read_text()))


def served(name: str) -> Path:
    """What a page that names it is sent to."""
    return Path(settings.STATIC_ROOT, static(name).removeprefix("/static/"))


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
    parts = [(STATIC / name).parent / part for part in IMPORT.findall((STATIC / name).read_text())]
    assert len(parts) > 3
    assert all(without_comments(part.read_text(), part.suffix) in text for part in parts)
    assert not IMPORT.search(text)


@pytest.mark.parametrize("name", ENTRIES)
def test_what_an_entry_imports_imports_nothing_itself(name: str) -> None:
    """It would be looked for in the wrong folder."""
    entry = STATIC / name
    parts = [entry.parent / part for part in IMPORT.findall(entry.read_text())]
    assert [relative(part) for part in parts if re.search(r"^(@?import|export) ", part.read_text(), re.MULTILINE)] == []
