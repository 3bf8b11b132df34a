"""The commands of the guide's pages, as they are printed."""

import re
import textwrap

from tests.external_api.server import PROJECT

PAGES = PROJECT / "docs" / "administrators"


def blocks(page: str, heading: str = "", language: str = "sh") -> list[str]:
    """The shell commands below a heading, or those before the first one, block by block. Files have no language."""
    text = (PAGES / page).read_text()
    parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)
    found = parts[0] if not heading else parts[parts.index(heading) + 1]
    return [
        textwrap.dedent(block).strip()
        for block in re.findall(rf"^ *```{language}\n(.+?)^ *```$", found, re.MULTILINE | re.DOTALL)
    ]
