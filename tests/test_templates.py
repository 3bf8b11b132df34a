"""What every template keeps to: lines that a review can read, notes and icons made by their tags."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).parent.parent / "templates"
LONGEST_LINE = 120
# Where the elements themselves are written; everything else uses them by tag or include.
NOTE_BY_HAND = {"_partials/note.html"}
SVG_BY_HAND = {f"_partials/{name}.html" for name in ("icon", "logo", "symbols", "node_bar", "status_bar")} | {
    "attention/_spark.html",
    "attention/_versus.html",
    "overview/_chart.html",
    "overview/home/_bars.html",
}


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Return the text of each template by its name."""
    paths = sorted([*TEMPLATES.rglob("*.html"), *TEMPLATES.rglob("*.txt")])
    return {path.relative_to(TEMPLATES).as_posix(): path.read_text() for path in paths}


def pages_with(pattern: str, texts: dict[str, str], by_hand: set[str]) -> list[str]:
    pages = {name: text for name, text in texts.items() if name.endswith(".html")}
    assert by_hand < pages.keys()
    return [name for name, text in pages.items() if name not in by_hand and re.search(pattern, text)]


def printed(pattern: str, texts: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name, text in texts.items():
        yield from ((name, printed) for printed in re.findall(pattern, text))


def test_lines_are_short_enough_for_a_review(texts: dict[str, str]) -> None:
    assert pages_with(f".{{{LONGEST_LINE + 1},}}", texts, set()) == []


def test_no_time_in_a_persons_zone_is_called_utc(texts: dict[str, str]) -> None:
    """Filters and tags print a time in the person's time zone, unless `utc` comes before them."""
    times = r"\{[{%][^{}]*\b(?:date:|time:|moment|clock_time|short_time|short_day|full_time)[^{}]*\}+[^<>{}]{0,9}UTC"
    assert [found for found in printed(times, texts) if "|utc|" not in found[1]] == []


def test_times_are_shown_by_tags(texts: dict[str, str]) -> None:
    """All pages have one format. Mails have no time zone of a person, and say UTC."""
    times = list(printed(r"\{\{[^{}]*\|(?:date|time|timesince|naturaltime)\b[^{}]*\}\}", texts))
    in_mails = [found for found in times if found[0].endswith(".txt") and "|utc|" in found[1]]
    assert [found for found in times if "|date:'c'" not in found[1] and found not in in_mails] == []


def test_notes_are_made_by_their_tag(texts: dict[str, str]) -> None:
    assert pages_with(r'class="note[" ]', texts, NOTE_BY_HAND) == []


def test_icons_are_made_by_their_tag(texts: dict[str, str]) -> None:
    assert pages_with(r"<svg\b", texts, SVG_BY_HAND) == []
