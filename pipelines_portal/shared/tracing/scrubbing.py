"""What nobody outside is told, whatever it stands in."""

from pipelines_portal.shared.log_lines import without_secrets


def address_alone(url: str) -> str:
    """Without what is behind a question mark: links of storage are signed there, and searches have people's words."""
    return without_secrets(url.partition("?")[0])
