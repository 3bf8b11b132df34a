"""What the documents name is there: files, links, and every decision in its index."""

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
DECISIONS = PROJECT / "docs" / "decisions"
DOCUMENTS = [
    PROJECT / "README.md",
    PROJECT / "CONTRIBUTING.md",
    PROJECT / "SECURITY.md",
    PROJECT / "CHANGELOG.md",
    *sorted((PROJECT / "docs").rglob("*.md")),
]
# Where a name may be told from: the project, its package, and the second program.
ROOMS = [PROJECT, PROJECT / "pipelines_portal", PROJECT / "pipelines_portal" / "external_api", PROJECT / "static"]
NAMED_FILE = re.compile(r"`([\w./-]+/[\w.-]+\.(?:py|js|css|html|md|conf|toml))`")
GUIDE = [
    page for folder in ("operators", "leads", "administrators") for page in (PROJECT / "docs" / folder).glob("*.md")
]
# A list of symptoms, in which people search.
LONG = {"troubleshooting.md"}
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
INDEX_LINE = re.compile(r"- \[(\d{4})\]\((\S+)\) (.+)")


def test_files_that_documents_name_exist() -> None:
    named = [(path.name, name) for path in DOCUMENTS for name in NAMED_FILE.findall(path.read_text())]
    assert [found for found in named if not any((room / found[1]).is_file() for room in ROOMS)] == []


def test_links_of_documents_lead_to_files() -> None:
    links = [(path, link) for path in DOCUMENTS for link in LINK.findall(path.read_text())]
    assert [(path.name, link) for path, link in links if not (path.parent / link).exists()] == []


def test_pages_of_the_guide_have_at_most_500_words() -> None:
    counts = {page.name: len(page.read_text().split()) for page in GUIDE if page.name not in LONG}
    assert {name: count for name, count in counts.items() if count > 500} == {}


def test_commands_read_standard_input_as_a_hyphen() -> None:
    """/dev/stdin cannot be opened in a container whose input belongs to another user."""
    pages = sorted((PROJECT / "docs").rglob("*.md"))
    assert [page.name for page in pages if "/dev/stdin" in page.read_text()] == []


def test_every_decision_is_in_the_index_under_its_own_title() -> None:
    indexed = {(file, f"# {number} {title}") for number, file, title in INDEX_LINE.findall(_index())}
    assert indexed == {(file.name, file.read_text().splitlines()[0]) for file in DECISIONS.glob("0*.md")}


def _index() -> str:
    return (DECISIONS / "README.md").read_text()
