"""What is wrong with the certificate of whoever answers."""

import ssl


def certificate_fault(error: BaseException | None) -> str:
    """In OpenSSL's words, such as "certificate has expired"; "" where it is something else that failed."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, ssl.SSLCertVerificationError):
            return str(error.verify_message).rstrip(".")
        error = _inner(error)
    return ""


def _inner(error: BaseException) -> BaseException | None:
    """requests and urllib3 keep what they were told in their arguments, and in `reason`."""
    candidates = (getattr(error, "reason", None), *error.args, error.__cause__, error.__context__)
    return next((one for one in candidates if isinstance(one, BaseException)), None)
