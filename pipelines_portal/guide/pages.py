"""Rendering of the guide's Markdown files."""

import posixpath
import re
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from typing import Any
from xml.etree.ElementTree import Element

from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString
from markdown import Markdown
from markdown.treeprocessors import Treeprocessor

from pipelines_portal.guide.contents import DOCS, SECTIONS, address, files, indent_fences

EXTENSIONS = ["tables", "fenced_code", "toc"]
ELSEWHERE = re.compile(r"^(https?:|mailto:|#)")


@dataclass(frozen=True)
class GuidePage:
    """A rendered page. `parts` are the anchors and texts of its second-level headings."""

    address: str
    title: str
    html: SafeString
    parts: tuple[tuple[str, str], ...]


def page_at(where: str) -> GuidePage | None:
    """Return the rendered page, or None. Callers may cache it: files do not change while the portal runs."""
    file = files_known().get(where)
    return _rendered(where, file) if file else None


def link_to(where: str) -> str:
    return reverse("guide:page", args=[where]) if where else reverse("guide:contents")


@lru_cache(maxsize=1)
def files_known() -> dict[str, str]:
    return files()


@lru_cache(maxsize=1)
def contents() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the sections with the address and title of each page."""
    return [
        (section, [(address(file), _title(_text(file))) for file in listed]) for section, listed in SECTIONS.items()
    ]


def _rendered(where: str, file: str) -> GuidePage:
    markdown = Markdown(extensions=EXTENSIONS)
    markdown.treeprocessors.register(_Links(file), "links", 1)
    text = _text(file)
    html = markdown.convert(indent_fences(text))
    return GuidePage(where, _title(text), SafeString(_make_scrollable(html)), _parts(markdown))


def _text(file: str) -> str:
    return (DOCS / file).read_text(encoding="utf-8")


def _title(text: str) -> str:
    return text.partition("\n")[0].removeprefix("# ").replace("`", "")


def _parts(markdown: Any) -> tuple[tuple[str, str], ...]:
    tops: list[dict[str, Any]] = markdown.toc_tokens
    return tuple((part["id"], unescape(part["name"])) for top in tops for part in top["children"])


def _make_scrollable(html: str) -> str:
    """Let tables and code that are too wide scroll, also by keyboard. An empty corner of a table is no heading."""
    html = html.replace("<th></th>", "<td></td>").replace("<pre>", '<pre tabindex="0">')
    return html.replace("<table>", '<div class="scrolls" tabindex="0"><table>').replace("</table>", "</table></div>")


class _Links(Treeprocessor):
    """Replaces links between files by links between pages, and pictures by static files."""

    def __init__(self, file: str) -> None:
        super().__init__()
        self.folder = posixpath.dirname(file)

    def run(self, root: Element) -> None:
        for link in root.iter("a"):
            link.set("href", self._page(link.get("href", "")))
        for picture in root.iter("img"):
            picture.set("src", static(f"guide/{posixpath.basename(picture.get('src', ''))}"))
            picture.set("loading", "lazy")

    def _page(self, link: str) -> str:
        if ELSEWHERE.match(link):
            return link
        file, sharp, anchor = link.partition("#")
        return link_to(address(posixpath.normpath(posixpath.join(self.folder, file)))) + sharp + anchor
