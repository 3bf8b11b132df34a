"""What the current request came with, from which mistakes in the settings of a proxy can be seen."""

from django.conf import settings
from django.http import HttpRequest

from pipelines_portal.audit.models import Event
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.http.client_address import exact_address, is_sent_by_trusted_proxy
from pipelines_portal.system.rows import OK, PLAIN, PROBLEM, Row, SystemSection

HEADERS = ("Host", "X-Forwarded-For", "X-Forwarded-Proto", "Forwarded")
LONGEST_HEADER = 200
# Fewer sign-ins, or those of one person, may well have the same address.
LEAST_SIGN_INS, LEAST_PEOPLE = 5, 2
GUIDE = "administrators/proxy"


def proxy_section(request: HttpRequest) -> SystemSection:
    connected = request.META.get("REMOTE_ADDR", "")
    trusted = ", ".join(map(str, settings.TRUSTED_PROXIES)) or "None"
    rows = [_encryption(request), _sender(request, connected)]
    rows += [Row(name, request.headers.get(name, "")[:LONGEST_HEADER] or "–", is_code=True) for name in HEADERS]
    rows += [Row("TRUSTED_PROXIES", trusted, is_code=True), Row("Your address", exact_address(request), is_code=True)]
    return SystemSection("proxy", "Proxy", tuple(rows))


def _encryption(request: HttpRequest) -> Row:
    if request.is_secure():
        return Row("Connection", "HTTPS", OK)
    is_meant = settings.PRODUCTION or settings.PORTAL_URL.startswith("https://")
    state, advice = (
        (PROBLEM, "Let the proxy set X-Forwarded-Proto, and open the portal by https://.") if is_meant else (PLAIN, "")
    )
    return Row("Connection", "HTTP", state, advice=advice, guide=GUIDE if advice else "")


def _sender(request: HttpRequest, connected: str) -> Row:
    """Return the row of the address that the connection comes from."""
    name = "Connected from"
    if "X-Forwarded-For" in request.headers and not is_sent_by_trusted_proxy(request):
        return Row(
            name,
            connected,
            PROBLEM,
            advice=(
                f"X-Forwarded-For came from {connected}, which is not in TRUSTED_PROXIES. If that is "
                "your proxy, add it."
            ),
            guide=GUIDE,
            is_code=True,
        )
    if settings.PRODUCTION and "X-Forwarded-For" not in request.headers and _is_everyones_address(connected):
        return Row(
            name,
            connected,
            PROBLEM,
            advice=(
                "All recent sign-ins came from this address: the proxy does not send X-Forwarded-For. "
                "Sign-in limits treat all people as one."
            ),
            guide=GUIDE,
            is_code=True,
        )
    return Row(name, connected, OK if is_sent_by_trusted_proxy(request) else PLAIN, is_code=True)


def _is_everyones_address(address: str) -> bool:
    recent = list(Event.objects.filter(verb=Verb.SIGNED_IN).values_list("address", "actor_email")[:20])
    is_enough = len(recent) >= LEAST_SIGN_INS and len({email for _, email in recent}) >= LEAST_PEOPLE
    return is_enough and {each for each, _ in recent} == {address}
