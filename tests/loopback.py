"""Let tests connect to this machine only."""

import ipaddress
import sys
from typing import Any

OWN_NAMES = {"localhost", "", None}


class NoNetwork(RuntimeError):
    """A test tried to reach another machine."""


def allow_loopback_only() -> None:
    """Refuse connections to, and look-ups of, other machines in this process. This cannot be undone."""
    sys.addaudithook(_refuse_others)


def _refuse_others(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # a Unix socket has a path
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if not _is_own(host):
        raise NoNetwork(f"Tests reach this machine only, not {host}.")


def _is_own(host: Any) -> bool:
    host = host.decode() if isinstance(host, bytes) else host
    if host in OWN_NAMES or str(host).endswith(".invalid"):  # a name that no resolver knows
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified  # the latter is where a server listens
