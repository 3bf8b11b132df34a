"""Style sheets define what they use, and style what there is: every custom property and every class joins something."""

import re
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]


def text(folder: str, suffix: str) -> str:
    return "\n".join(path.read_text() for path in sorted((PROJECT / folder).rglob(f"*{suffix}")))


SHEETS = re.sub(r"/\*.*?\*/", "", text("static/css", ".css"), flags=re.DOTALL)
TEMPLATES = text("templates", ".html")
CODE = text("static/js", ".js") + text("pipelines_portal", ".py")


def classes_of_pages() -> Iterator[str]:
    """The words of every class attribute, in whichever branch of a template, and whatever a string of code may name."""
    for value in re.findall(r'class="((?:\{%.*?%\}|\{\{.*?\}\}|[^"])*)"', TEMPLATES):
        yield from re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " ", value).split()
        yield from re.findall(r'[\'"]([\w-]+)[\'"]', value)
    for literal in re.findall(r'(?<!")"([\w -]+)"(?!")', CODE):
        yield from literal.split()


def test_every_custom_property_is_defined_and_used() -> None:
    defined = set(re.findall(r"(--[\w-]+)\s*:", SHEETS))
    used = set(re.findall(r"var\(\s*(--[\w-]+)", SHEETS + TEMPLATES + CODE))
    assert defined == used


def test_every_class_with_a_style_is_on_a_page() -> None:
    styled = set(re.findall(r"\.([a-zA-Z_][\w-]*)", re.sub(r'"[^"]*"', "", SHEETS)))
    assert styled <= set(classes_of_pages()), styled - set(classes_of_pages())
