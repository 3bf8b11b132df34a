"""Search in the guide: the sections of its pages that have all the words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import unescape

from pipelines_portal.guide.pages import GuidePage, files_known, link_to, page_at

LONGEST_QUERY = 200
MOST_RESULTS = 50
EXCERPT_LENGTH = 180
# A pasted message has values that the guide does not have. So many of its words must be in one line, at least.
LEAST_WORDS, LEAST_SHARE = 4, 0.6
HEADING = re.compile(r'<h[1-3] id="([^"]+)">(.*?)</h[1-3]>', re.DOTALL)
ROW_OR_PARAGRAPH = re.compile(r"</(?:tr|p|li|pre|h\d)>")
TAG = re.compile(r"<[^>]+>")


@dataclass(frozen=True)
class SearchResult:
    """A section of a page, with a line of it that has one of the words."""

    link: str
    page: str
    heading: str
    excerpt: str


@dataclass(frozen=True)
class _Section:
    address: str
    anchor: str
    page: str
    heading: str
    lines: tuple[str, ...]

    @property
    def link(self) -> str:
        return link_to(self.address) + (f"#{self.anchor}" if self.anchor else "")

    def rank(self, words: list[str]) -> int | None:
        """Return 0 if the heading has all words, 1 if the section has them, or None."""
        heading = f"{self.page} {self.heading}".casefold()
        if all(word in heading for word in words):
            return 0
        text = f"{heading} {' '.join(self.lines)}".casefold()
        return 1 if all(word in text for word in words) else None

    def share(self, words: list[str]) -> float:
        """Return the share of the words that the best line has."""
        return max((_count(words, line) for line in self.lines), default=0) / len(words)

    def excerpt(self, words: list[str]) -> str:
        """Return the line that has the most words, cut if it is long."""
        if not self.lines:
            return ""
        best = max(self.lines, key=lambda line: _count(words, line))
        return best if len(best) <= EXCERPT_LENGTH else f"{best[:EXCERPT_LENGTH].rsplit(' ', 1)[0]} …"


def search(query: str) -> list[SearchResult]:
    """Return the sections that have all words of the query, those with the words in their heading first.

    If there are none, the query may be a message: return the sections that have most of its words in one line.
    """
    words = query[:LONGEST_QUERY].casefold().split()
    if not words:
        return []
    ranked = [(rank, section) for section in _sections() if (rank := section.rank(words)) is not None]
    found = [section for _, section in sorted(ranked, key=lambda pair: pair[0])]
    if not found and len(words) >= LEAST_WORDS:
        similar = [(share, each) for each in _sections() if (share := each.share(words)) >= LEAST_SHARE]
        found = [each for _, each in sorted(similar, key=lambda pair: -pair[0])]
    return [SearchResult(each.link, each.page, each.heading, each.excerpt(words)) for each in found[:MOST_RESULTS]]


def _count(words: list[str], line: str) -> int:
    folded = line.casefold()
    return sum(word in folded for word in words)


@lru_cache(maxsize=1)
def _sections() -> list[_Section]:
    return [section for address in files_known() if (page := page_at(address)) for section in _sections_of(page)]


def _sections_of(page: GuidePage) -> Iterator[_Section]:
    _, *parts = HEADING.split(page.html)
    for number, (anchor, heading, body) in enumerate(zip(parts[::3], parts[1::3], parts[2::3], strict=True)):
        lines = tuple(line for part in ROW_OR_PARAGRAPH.split(body) if (line := _text(part)))
        # The first heading is the page's title.
        yield _Section(page.address, anchor if number else "", page.title, _text(heading) if number else "", lines)


def _text(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(TAG.sub(" ", html))).strip()
