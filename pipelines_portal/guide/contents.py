"""The guide's table of contents, for the portal. Other files in docs/ are for developers."""

import re
from pathlib import Path
from textwrap import indent

from pipelines_portal.core.environment import BASE_DIR

DOCS = BASE_DIR / "docs"
START = "README.md"
FENCE_IN_LIST = re.compile(r"^ {4}```\w*\n(.*?)^ {4}```$", re.MULTILINE | re.DOTALL)
# The pages of each section in their order, relative to docs/.
SECTIONS = {
    "Start": ["quick-start.md"],
    "Operators": [
        "operators/sign-in.md",
        "operators/first-task.md",
        "operators/grid.md",
        "operators/import.md",
        "operators/files.md",
        "operators/unconfirmed.md",
        "operators/groups.md",
        "operators/find.md",
        "operators/views.md",
        "operators/mistakes.md",
        "operators/shortcuts.md",
    ],
    "Team leads": [
        "leads/monday.md",
        "leads/attention.md",
        "leads/team.md",
        "leads/rules.md",
        "leads/warnings.md",
        "leads/lists.md",
        "leads/used-once.md",
        "leads/exports.md",
        "leads/numbers.md",
    ],
    "Administrators": [
        "administrators/install.md",
        "administrators/compose.md",
        "administrators/debian.md",
        "administrators/kubernetes.md",
        "administrators/organizations.md",
        "administrators/settings.md",
        "administrators/postgresql.md",
        "administrators/s3.md",
        "administrators/mail.md",
        "administrators/proxy.md",
        "administrators/certificates.md",
        "administrators/people.md",
        "administrators/sso.md",
        "administrators/two-step.md",
        "administrators/backup.md",
        "administrators/restore.md",
        "administrators/rotate-keys.md",
        "administrators/upgrade.md",
        "administrators/monitor.md",
        "administrators/many-servers.md",
        "administrators/troubleshooting.md",
    ],
    "Integrators": [
        "integrators/first-request.md",
        "integrators/tasks.md",
        "integrators/fields.md",
        "integrators/files.md",
        "integrators/errors.md",
        "integrators/limits.md",
        "integrators/client.md",
        "integrators/changes.md",
    ],
    "Reference": [
        "reference/settings.md",
        "reference/messages.md",
        "reference/commands.md",
        "reference/metrics.md",
        "reference/audit-events.md",
        "reference/data-retention.md",
        "accessibility.md",
        "licences.md",
    ],
}


def address(file: str) -> str:
    """Return the path below /help/: "operators/import" for "operators/import.md", "" for the first page."""
    return "" if file == START else Path(file).with_suffix("").as_posix()


def files() -> dict[str, str]:
    """Return every page of the guide by its address."""
    return {address(file): file for file in (START, *(file for listed in SECTIONS.values() for file in listed))}


def indent_fences(text: str) -> str:
    """Turn fenced code inside a list item, which the library does not know, into indented code."""
    return FENCE_IN_LIST.sub(lambda found: indent(found[1], "    "), text)
