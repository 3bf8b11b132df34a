"""What mkdocs asks when it builds the guide: the portal's own contents."""

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pipelines_portal.guide.contents import sections


def on_config(config: Any) -> Any:
    """The navigation: decisions and others that no section names are pages all the same."""
    config.nav = ["README.md", *({section: files} for section, files in sections().items())]
    return config
