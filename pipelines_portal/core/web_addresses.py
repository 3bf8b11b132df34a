"""Parsing of URLs. No function here raises, whatever the text."""

import re
from urllib.parse import SplitResult, urljoin, urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}
LONGEST_TARGET = 200


def split(text: str) -> SplitResult | None:
    """Return the parts, or None if a bracket is not closed or the port is invalid."""
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
    """Return scheme, host and port as browsers write them, without the default port; "" if it is no http(s) URL."""
    parts = split(url)
    if parts is None or parts.scheme not in DEFAULT_PORTS or not parts.hostname or "@" in parts.netloc:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    suffix = "" if parts.port in (None, DEFAULT_PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{host}{suffix}"


def redirect_target(url: str, location: str) -> str:
    """Return where a redirect of `url` leads, for administrators: without query, which may be secret, and shortened."""
    try:
        target = urljoin(url, location)
    except ValueError:
        return "an unreadable address"
    origin, parts = origin_of(target), split(target)
    if parts is None or not origin:
        return "an unreadable address"
    return re.sub(r"[^!-~]", "?", f"{origin}{parts.path}")[:LONGEST_TARGET]
