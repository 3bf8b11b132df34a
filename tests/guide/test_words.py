"""The pages for people name what they see: each word in bold stands in a template or in the code."""

import re
from functools import cache
from html import unescape
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
FOLDERS = ("operators", "leads")
PAGES = [
    *(page for folder in FOLDERS for page in sorted((PROJECT / "docs" / folder).glob("*.md"))),
    PROJECT / "docs" / "administrators" / "people.md",
]
BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
# Emphasis, and no word of the portal.
EMPHASIS = {"never sends them again automatically"}


@cache
def interface() -> str:
    """All words of the interface, with those that name a value left out."""
    texts = [path.read_text() for path in (PROJECT / "templates").rglob("*.html")]
    texts += [path.read_text() for path in (PROJECT / "pipelines_portal").rglob("*.py")]
    texts += [path.read_text() for path in (PROJECT / "static" / "js").rglob("*.js")]
    return re.sub(r"\s+", " ", unescape(" ".join(texts)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_words_in_bold_are_the_portals(page: Path) -> None:
    words = [re.sub(r"\s+", " ", word) for word in BOLD.findall(page.read_text())]
    parts = [part.strip(" .") for word in words if word not in EMPHASIS for part in word.split(" … ")]
    assert [part for part in parts if part not in interface()] == []
