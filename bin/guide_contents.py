"""What mkdocs asks when it builds the guide: the portal's own contents."""

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pipelines_portal.guide.contents import SECTIONS, START, indent_fences


def on_config(config: Any) -> Any:
    config.nav = [START, *({section: files} for section, files in SECTIONS.items())]
    return config


def on_page_markdown(markdown: str, **_: Any) -> str:
    return indent_fences(markdown)
