"""Scripts are named by their content, down to the modules they import."""

import re
from pathlib import Path

from django.conf import settings
from django.templatetags.static import static


def test_modules_import_each_other_by_hashed_names(static_root: None) -> None:
    """A browser that cached one of them never runs it beside a newer version of another."""
    address = static("js/zip-upload.js")
    text = Path(settings.STATIC_ROOT, address.removeprefix("/static/")).read_text()
    imported = re.findall(r'import.*?"(\./[^"]+)"', text)
    assert len(imported) >= 6
    assert not [name for name in imported if not re.search(r"\.[0-9a-f]{12}\.js$", name)]
