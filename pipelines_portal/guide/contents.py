"""The guide's table of contents, for the portal and for `make docs`."""

from collections.abc import Iterator
from pathlib import Path

from pipelines_portal.core.environment import BASE_DIR

DOCS = BASE_DIR / "docs"
# The first pages of each section, in this order, relative to docs/.
FIRST = {
    "Operators": [
        "operators/sign-in.md",
        "operators/first-task.md",
        "operators/import.md",
        "operators/zip.md",
        "operators/lists.md",
        "operators/search.md",
        "operators/unknown-outcomes.md",
        "operators/faster.md",
    ],
    "Leads": ["leads/overview.md", "leads/team.md"],
    "Administrators": [
        "administrators/install.md",
        "administrators/settings.md",
        "administrators/sign-in.md",
        "administrators/people.md",
        "administrators/troubleshooting.md",
        "administrators/backup.md",
        "administrators/upgrade.md",
        "administrators/many-machines.md",
        "administrators/watching.md",
        "administrators/housekeeping.md",
    ],
    "Integrators": ["integrators/curl.md", "integrators/client.md"],
    "Developers": ["architecture.md", "adding.md", "developers/tests.md", "decisions/README.md", "licences.md"],
}

# The section at whose end the other pages of a folder follow. Decisions are listed in their own index.
FOLDERS = {
    "operators": "Operators",
    "leads": "Leads",
    "administrators": "Administrators",
    "integrators": "Integrators",
    "developers": "Developers",
    "": "Administrators",
}


def sections() -> dict[str, list[str]]:
    """Return the files of each section."""
    named = {file for listed in FIRST.values() for file in listed} | {"README.md"}
    others = [file for file in files().values() if file not in named]
    return {title: [*listed, *_others_of(title, others)] for title, listed in FIRST.items()}


def _others_of(title: str, others: list[str]) -> Iterator[str]:
    return (file for file in others if FOLDERS.get(file.rpartition("/")[0]) == title)


def address(file: str) -> str:
    """Return the path below /help/: "operators/import" for "operators/import.md", the folder for a README or index."""
    path = Path(file).with_suffix("")
    short = path.parent if path.name in ("README", "index") else path
    return "" if short == Path() else short.as_posix()


def files() -> dict[str, str]:
    """Return every page by its address, including the decisions, which the contents do not list."""
    names = (path.relative_to(DOCS).as_posix() for path in sorted(DOCS.rglob("*.md")))
    return {address(name): name for name in names}
