"""Web addresses taken apart: none of what is asked here raises, whatever the text."""

from urllib.parse import SplitResult, urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}


def split(text: str) -> SplitResult | None:
    """The parts, or None for a bracket that does not close or a port that is none."""
    try:
        parts = urlsplit(text)
        return None if parts.port == 0 else parts
    except ValueError:
        return None


def is_http_url(text: str) -> bool:
    parts = split(text)
    if parts is None or not text.isprintable() or " " in text:
        return False
    return parts.scheme in DEFAULT_PORTS and bool(parts.hostname)


def origin_of(url: str) -> str:
    """Scheme, host and port as browsers write them, the scheme's own port left out; "" for what is no http(s) URL."""
    parts = split(url)
    if parts is None or parts.scheme not in DEFAULT_PORTS or not parts.hostname or "@" in parts.netloc:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    suffix = "" if parts.port in (None, DEFAULT_PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{host}{suffix}"
