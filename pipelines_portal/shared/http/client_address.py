"""Where a request comes from, also behind proxies."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address


def client_address(request: HttpRequest) -> str:
    """The address to count by."""
    return _bucket(_address(request))


def exact_address(request: HttpRequest) -> str:
    """The address to tell people of, and to write down."""
    return str(_address(request))


def is_sent_by_trusted_proxy(request: HttpRequest) -> bool:
    return _is_trusted(_parse(request.META.get("REMOTE_ADDR", "")))


def _address(request: HttpRequest) -> Address | None:
    """X-Forwarded-For is read from the right, and only as far as proxies are trusted.

    Anyone can write the header: what stands left of the first address that is not TRUSTED_PROXIES is hearsay.
    """
    address = _parse(request.META.get("REMOTE_ADDR", ""))
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
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
    """IPv6 counts by /64: whoever has one address of it has them all."""
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False).network_address)
    return str(address)
