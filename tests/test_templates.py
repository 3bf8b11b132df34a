"""What every template keeps to: lines that a review can read, notes and icons made by their tags."""

import re
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).parent.parent / "templates"
LONGEST_LINE = 120
# Where the elements themselves are written; everything else asks for them by tag or include.
NOTE_BY_HAND = {"_partials/note.html"}
SVG_BY_HAND = {f"_partials/{name}.html" for name in ("icon", "logo", "symbols", "node_bar", "status_bar")} | {
    "attention/_spark.html",
    "attention/_versus.html",
    "overview/_chart.html",
    "overview/home/_bars.html",
}


def template_files() -> list[str]:
    return sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))


def lines_with(pattern: str, name: str) -> list[str]:
    lines = (TEMPLATES / name).read_text().splitlines()
    return [f"{name}:{number}" for number, line in enumerate(lines, 1) if re.search(pattern, line)]


@pytest.mark.parametrize("name", template_files())
def test_no_line_is_longer_than_a_review_shows(name: str) -> None:
    assert lines_with(f".{{{LONGEST_LINE + 1},}}", name) == []


@pytest.mark.parametrize("path", sorted([*TEMPLATES.rglob("*.html"), *TEMPLATES.rglob("*.txt")]), ids=str)
def test_no_time_of_the_persons_clock_is_called_utc(path: Path) -> None:
    """Filters print a time by the clock of whoever looks, unless `utc` comes before them; so do the tags."""
    printed = re.findall(
        r"\{[{%][^{}]*\b(?:date:|time:|moment|clock_time|short_time|short_day|full_time)[^{}]*\}+[^<>{}]{0,9}UTC",
        path.read_text(),
    )
    assert [one for one in printed if "|utc|" not in one] == []


@pytest.mark.parametrize("path", sorted([*TEMPLATES.rglob("*.html"), *TEMPLATES.rglob("*.txt")]), ids=str)
def test_times_are_shown_by_tags(path: Path) -> None:
    """So that all pages have one format. Mails have no clock of a person, and say UTC."""
    printed = re.findall(r"\{\{[^{}]*\|(?:date|time|timesince|naturaltime)\b[^{}]*\}\}", path.read_text())
    assert [one for one in printed if "|date:'c'" not in one and not (path.suffix == ".txt" and "|utc|" in one)] == []


@pytest.mark.parametrize("name", sorted({*template_files()} - NOTE_BY_HAND))
def test_notes_are_made_by_their_tag(name: str) -> None:
    assert lines_with(r'class="note[" ]', name) == []


@pytest.mark.parametrize("name", sorted({*template_files()} - SVG_BY_HAND))
def test_icons_are_made_by_their_tag(name: str) -> None:
    assert lines_with(r"<svg\b", name) == []
