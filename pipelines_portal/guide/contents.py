"""Which pages the guide has, in the order of its contents. `make docs` takes them from here too."""

from collections.abc import Iterator
from pathlib import Path

from pipelines_portal.core.environment import BASE_DIR

DOCS = BASE_DIR / "docs"
# Those that people read first, in this order; named from docs/.
FIRST = {
    "Operators": [
        "operators/sign-in.md",
        "operators/first-task.md",
        "operators/import.md",
        "operators/zip.md",
        "operators/lists.md",
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

# Where the others of a folder stand, behind them; each decision is in their index.
FOLDERS = {
    "operators": "Operators",
    "leads": "Leads",
    "administrators": "Administrators",
    "integrators": "Integrators",
    "developers": "Developers",
    "": "Administrators",
}


def sections() -> dict[str, list[str]]:
    """The files of each section."""
    named = {file for listed in FIRST.values() for file in listed} | {"README.md"}
    others = [file for file in files().values() if file not in named]
    return {title: [*listed, *_of_section(title, others)] for title, listed in FIRST.items()}


def _of_section(title: str, others: list[str]) -> Iterator[str]:
    return (file for file in others if FOLDERS.get(file.rpartition("/")[0]) == title)


def address(file: str) -> str:
    """Of a page, below /help/: "operators/import" of "operators/import.md", the folder of its README or index."""
    path = Path(file).with_suffix("")
    short = path.parent if path.name in ("README", "index") else path
    return "" if short == Path() else short.as_posix()


def files() -> dict[str, str]:
    """Every page there is, by its address: the decisions too, which no contents list one by one."""
    names = (path.relative_to(DOCS).as_posix() for path in sorted(DOCS.rglob("*.md")))
    return {address(name): name for name in names}
