"""What nobody outside is told, whatever it stands in."""

from pipelines_portal.shared.http.logs import KEY, LETS_IN


def without_secrets(text: str) -> str:
    """Without keys, and without the part of links that lets in whoever has it."""
    return LETS_IN.sub(r"\1…", KEY.sub(r"\1…", text))


def address_alone(url: str) -> str:
    """Without what is behind a question mark: links of storage are signed there, and searches have people's words."""
    return without_secrets(url.partition("?")[0])
