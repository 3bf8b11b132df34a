"""The address of a client, also behind proxies."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address


def client_address(request: HttpRequest) -> str:
    """Return the address by which requests are counted."""
    return _bucket(_address(request))


def address_to_count_by(remote: str, forwarded_for: str) -> str:
    """Return the same if only the connection and a header are known."""
    return _bucket(_last_untrusted(remote, forwarded_for))


def exact_address(request: HttpRequest) -> str:
    """Return the address to show and to log."""
    return str(_address(request))


def is_sent_by_trusted_proxy(request: HttpRequest) -> bool:
    return _is_trusted(_parse(request.META.get("REMOTE_ADDR", "")))


def _address(request: HttpRequest) -> Address | None:
    return _last_untrusted(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", ""))


def _last_untrusted(remote: str, forwarded_for: str) -> Address | None:
    """Read X-Forwarded-For from the right, and only as far as proxies are trusted.

    Anyone can write the header: addresses to the left of the first one that is not in TRUSTED_PROXIES prove nothing.
    """
    address = _parse(remote)
    hops = forwarded_for.split(",")
    while hops and _is_trusted(address) and (hop := _parse(hops.pop())):
        address = hop
    return address


def _parse(text: str) -> Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_trusted(address: Address | None) -> bool:
    return address is not None and any(address in network for network in settings.TRUSTED_PROXIES)


def _bucket(address: Address | None) -> str:
    """Count IPv6 by /64, since one client has all of its addresses."""
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False).network_address)
    return str(address)
