"""What an administrator may be told at the start, in the log and on error pages is on the page that says what to do."""

import ast
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from django.test import Client
from django.utils.text import slugify

from pipelines_portal.web.error_pages import AWAY, FULL, OURS

PROJECT = Path(__file__).resolve().parents[2]
MESSAGES = PROJECT / "docs" / "reference" / "messages.md"
SYMPTOMS = PROJECT / "docs" / "administrators" / "troubleshooting.md"
CODE = [*sorted((PROJECT / "pipelines_portal").rglob("*.py")), PROJECT / "bin" / "run"]
TOLD_BY = {"ImproperlyConfigured", "warning", "error", "exception", "critical"}
TELLS = re.compile(r"\b(?:ImproperlyConfigured|warning|error|exception|critical|exit)\(")
# Django's, and what a person is told on a page: no line of the log.
NOT_OURS = {"messages", "messages.warning", "messages.error"}
# What stands for a value, in a sentence: of a format, and of a line of the log.
VALUE = re.compile(r"\{\w*\}|%[sdr]")
PARTS = re.compile(r"\{\w*\}|(?<=\.) |[.:;,] *(?=\{)|: ")


def sentences() -> Iterator[str]:
    """Each as its longest part without a value."""
    for text in filter(TELLS.search, (file.read_text() for file in CODE)):
        tree = ast.parse(text)
        names = dict(_constants(tree))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args):
            if _tells(call) and (text := _text(call.args[0], names)):
                yield max(VALUE.split(text), key=len).strip()


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and (text := _text(node.value, {})):
            yield node.targets[0].id, text


def _tells(call: ast.Call) -> bool:
    function = call.func
    if isinstance(function, ast.Name):
        return function.id in TOLD_BY
    return isinstance(function, ast.Attribute) and function.attr in TOLD_BY | {"exit"} and _of(function) not in NOT_OURS


def _of(function: ast.Attribute) -> str:
    return function.value.id if isinstance(function.value, ast.Name) else ""


def _text(node: ast.expr, names: dict[str, str]) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part, names) or "{}" for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return _text(node.value, names) if isinstance(node.value, ast.Name) else ""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return _text(node.func.value, names)
    return names.get(node.id, "") if isinstance(node, ast.Name) else ""


def refusals() -> Iterator[list[str]]:
    """Of backups and restores, each as its sentences, and parts of one, that say something: what follows from them
    stands in it for whoever reads it at the machine.
    """
    for file in sorted((PROJECT / "pipelines_portal" / "system" / "backup").rglob("*.py")):
        tree = ast.parse(file.read_text())
        names = dict(_constants(tree))
        calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args)
        for call in (call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "CommandError"):
            if found := [part for part in PARTS.split(_text(call.args[0], names)) if part.count(" ") > 2]:
                yield found


def text_of(page: Path) -> str:
    return re.sub(r"\s+", " ", page.read_text().replace("`", ""))


def wrong_host() -> str:
    found = re.search(r"<h1>(.+?)</h1>", (PROJECT / "templates" / "wrong_host.html").read_text())
    assert found
    return unescape(found[1])


def test_the_page_has_what_is_said_at_the_start_and_in_the_log() -> None:
    messages = sorted(set(sentences()))
    assert len(messages) > 40  # or the reading of them is broken
    assert [sentence for sentence in messages if sentence.replace("`", "") not in text_of(MESSAGES)] == []


def test_the_page_has_why_a_backup_or_a_restore_was_refused() -> None:
    messages = [*refusals()]
    assert len(messages) > 10  # or the reading of them is broken
    assert [parts for parts in messages if not any(part.strip() in text_of(MESSAGES) for part in parts)] == []


def test_the_page_has_no_message_that_is_gone() -> None:
    code = re.sub(r'"\s*f?"|[`\\]', "", " ".join(file.read_text() for file in CODE))
    code = re.sub(r"\s+", " ", re.sub(r'"\s*\n\s*f?"', "", code))
    messages = re.findall(r"^\| `(.+?)`(?:, `(.+?)`)? \|", MESSAGES.read_text(), re.MULTILINE)
    listed = [message for both in messages for message in both if message]
    longest = [max(re.split(r"…|NAME|must be|\d+", message), key=len).strip(" .:(") for message in listed]
    assert len(listed) > 60
    assert [part for part in longest if part not in code] == []


@pytest.mark.parametrize("title", [wrong_host(), *(failure.title for failure in (FULL, AWAY, OURS))])
def test_the_page_has_what_a_failing_page_says(title: str, static_root: None) -> None:
    """And the failing page leads to it."""
    assert f"### {title} " in text_of(SYMPTOMS)
    guide = Client().get("/help/administrators/troubleshooting/").content.decode()
    assert f'id="{slugify(title)}"' in guide
