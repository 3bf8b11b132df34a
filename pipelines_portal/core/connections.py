"""Why a connection to another server failed, in a few words. The libraries' own texts may quote the request."""

import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit


def describe_failure(error: BaseException) -> str:
    """Return host and reason, such as "api.example.com: Connection refused"."""
    return ": ".join(filter(None, [_host(error), failure_reason(error)]))


def failure_reason(error: BaseException) -> str:
    """Return what OpenSSL or the system says, or else the name of the innermost error."""
    errors = list(_chain(error))
    for each in errors:
        if isinstance(each, ssl.SSLCertVerificationError):
            return str(each.verify_message).rstrip(".")
        if isinstance(each, ssl.SSLError) and each.reason:
            return each.reason.replace("_", " ").lower()
        if isinstance(each, OSError) and each.strerror:
            return each.strerror
        if isinstance(each, TimeoutError):
            return "no answer in time"
    return type(errors[-1]).__name__


def is_certificate_error(error: BaseException) -> bool:
    return any(isinstance(each, ssl.SSLCertVerificationError) for each in _chain(error))


def _host(error: BaseException) -> str:
    """Return the host that requests or boto3 wanted to reach."""
    for each in _chain(error):
        address = getattr(getattr(each, "request", None), "url", "") or getattr(each, "kwargs", {}).get("endpoint_url")
        if address:
            return urlsplit(address).hostname or ""
    return ""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the error and those that it wraps: requests and urllib3 keep them in `args` or `reason`."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        candidates = (getattr(error, "reason", None), *error.args, error.__cause__, error.__context__)
        error = next((one for one in candidates if isinstance(one, BaseException)), None)
