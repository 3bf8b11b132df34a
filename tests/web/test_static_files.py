"""Scripts are named by their content, down to the modules they import."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.templatetags.static import static

SCRIPTS = Path(__file__).resolve().parents[2] / "static" / "js"
IMPORT = re.compile(r"""\b(?:import|from)\s*["']([./][^"']+)["']""")
MODULES = sorted(str(path.relative_to(SCRIPTS)) for path in SCRIPTS.rglob("*.js") if IMPORT.search(path.read_text()))


def test_there_are_modules_in_folders_too() -> None:
    assert {"portal.js", "zip-upload/index.js", "zip-upload/archive-check.js"} <= set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_modules_import_each_other_by_hashed_names(static_root: None, name: str) -> None:
    """A browser that cached one of them never runs it beside a newer version of another."""
    served = Path(settings.STATIC_ROOT, static(f"js/{name}").removeprefix("/static/"))
    imported = IMPORT.findall(served.read_text())
    assert len(imported) == len(IMPORT.findall((SCRIPTS / name).read_text()))
    assert not [address for address in imported if not re.search(r"\.[0-9a-f]{12}\.js$", address)]
    assert all((served.parent / address).is_file() for address in imported)
