"""The environment variables that there are."""

import re

from tests.external_api.server import PROJECT

# Of boto3, which reads them itself.
OF_OTHERS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}


def known() -> set[str]:
    """All in .env.example, which a test holds to what the programs read."""
    text = (PROJECT / ".env.example").read_text()
    return OF_OTHERS | set(re.findall(r"^#? ?([A-Z][A-Z_]+)=", text, re.MULTILINE))
